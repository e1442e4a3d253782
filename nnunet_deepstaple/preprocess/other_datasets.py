"""Images that the preprocessed folder of another dataset already holds, such as that of the candidates' dataset."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .image_files import stored
from .record import PREFIX, read_record


def find_in_other_datasets(preprocessed: Path, own: Path, request: Mapping[str, Any]) -> dict[str, Path]:
    """Find the same images, preprocessed in the same way, in the folders that ``ds_preprocess`` made.

    Everything that an image's values and their storage depend on must be the same: the image's files (path, size and
    time of change), the grid, the normalisation, the patch size, and the versions of what computes it. The file found
    must be the one that was written then.

    Args:
        preprocessed: nnU-Net's folder of preprocessed datasets.
        own: record that is to be written; it is skipped.
        request: what the new folder depends on.

    Returns:
        File of each image that was found.

    Raises:
        InputError: a record cannot be read.
    """
    found: dict[str, Path] = {}
    for record in sorted(preprocessed.glob(f"Dataset*/{PREFIX}*.json")):
        if record == own:
            continue
        earlier = read_record(record)
        if earlier.request["image"] != request["image"]:
            continue
        folder = record.with_name(record.stem.removeprefix(PREFIX))
        theirs = {json.dumps(files["image"]): name for name, files in earlier.files.items()}
        for name, files in request["files"].items():
            other = theirs.get(json.dumps(files["image"]))
            if name in found or other is None or earlier.images[other].stored is None:
                continue
            shared = [case for case in earlier.files[other]["labels"] if (folder / f"{case}.b2nd").is_file()]
            for case in shared:
                if stored(folder / f"{case}.b2nd") == earlier.images[other].stored:
                    found[name] = folder / f"{case}.b2nd"
                    break
    return found
