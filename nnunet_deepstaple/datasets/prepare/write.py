"""Write the raw dataset of a checked request."""

from pathlib import Path

import numpy as np

from ...errors import InputError
from ...files.buffer import BUFFER
from ...files.grids import OUTSIDE
from ...files.label_maps import copy_label_map, write_label_map
from ...progress import Progress
from ..listing import LABELS_FOLDER
from ..raw_dataset import MEANS, READER, new_dataset, write_dataset_json
from .request import Preparation


def write(preparation: Preparation, folder: Path, progress: Progress) -> None:
    """Write the raw dataset ``folder``; if this fails, there is no partial dataset.

    Raises:
        InputError: it cannot be written, another run is making a dataset with this id, or two cases have the same name
            for the file system.
    """
    images = preparation.images
    with new_dataset(folder) as temporary:
        for candidate in progress(preparation.cases, "Writing labels", len(preparation.cases)):
            target = temporary / LABELS_FOLDER / f"{candidate.case}{images.ending}"
            if target.exists():
                raise InputError(
                    f"the file system of {folder.parent} takes '{target.name}' for another case's file, whose name "
                    f"differs in capitals or accents; rename one"
                )
            if candidate.case in preparation.rewritten:
                geometry = preparation.geometries[candidate.image]
                labels, _ = preparation.common.read(candidate, geometry, buffer=BUFFER)
                if preparation.names.ignore_label is not None and preparation.common:
                    labels = np.where(labels == OUTSIDE, preparation.names.ignore_label, labels)
                write_label_map(labels, geometry, target)
            else:
                copy_label_map(candidate.path, target)
        write_dataset_json(
            temporary,
            {candidate.case: images.channels[candidate.image] for candidate in preparation.cases},
            preparation.names,
            preparation.channel_names,
            images.ending,
            _annotated(preparation),
            **{
                READER: preparation.reader,
                MEANS: (sources.vocabulary.means if (sources := preparation.common.sources) else {}) or None,
                "notes": preparation.notes or None,
            },
        )


def _annotated(preparation: Preparation) -> dict[str, list[str]]:
    """Names that a case annotates, for the cases that do not annotate everything."""
    sources = preparation.common.sources
    if sources is None:
        return {}
    found = {case.case: sources.annotated_by([case]) for case in preparation.cases}
    return {case: names for case, names in found.items() if names is not None}
