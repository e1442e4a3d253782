"""Images that an earlier run, or another part of this run, has already finished."""

from collections.abc import Mapping, Sequence

from ...files.fingerprint import Fingerprint
from ..record.journal import Journal
from ..record.run_record import ImageRecord
from .request import Request
from .task import ImageTask


def kept_of(
    journal: Journal, request: Request, images: Mapping[str, ImageTask], part: Sequence[str]
) -> dict[str, ImageRecord]:
    """Records of images that need not be fused again."""
    _, parts = request.part
    if not request.keep and parts == 1:
        return {}
    earlier = journal.records(strict=request.keep)
    wanted = images if request.keep else images.keys() - set(part)
    return {
        image: earlier[image]
        for image in wanted
        if image in earlier and _same(images[image], earlier[image]) and (request.output / images[image].file).is_file()
    }


def _same(task: ImageTask, record: ImageRecord) -> bool:
    """Whether an image was fused from the same voters, and their files still have the same content."""
    soft = [voter.name for voter, path in zip(task.voters, task.soft, strict=False) if path]
    return (
        [*record.candidates, *record.predictions] == [voter.name for voter in task.voters]
        and record.soft == soft
        and record.corrected == task.correction
        and record.without_image == task.without_image
        and all(
            Fingerprint(*record.files[name]).is_of(path)
            for name, path in task.named_files.items()
            if name in record.files  # records of version 0.1.0 have no files
        )
    )
