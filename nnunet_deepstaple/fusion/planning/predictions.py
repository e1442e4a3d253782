"""The network's own predictions as further voters of an image.

The network has seen all candidates of all images. So its prediction has other errors than the candidates of this image.
But the next network sees the same images. It averages out the errors of candidates, and it would learn the errors of
predictions. So by default predictions vote if the fused labels are the final result. They do not vote on labels for
training (docs/results.md).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...datasets.candidates import Candidate, Candidates
from ...datasets.case_ids import spelled, split_case
from ...datasets.listing import label_maps_in
from ...datasets.nnunet_folders import PREDICTIONS
from ...errors import InputError
from ...files.endings import ending_of
from ...files.links import is_there
from ...files.soft_labels import soft_labels_beside
from ...scoring.scores import FILE_NAME, read_scores

WEIGHT, SOFT_WEIGHT = 0.5, 0.75
"""Weight of an image's predictions together, by label maps and by soft labels; its candidates together have 1.
Predictions keep only the part of it that the candidates' vote confirms (:mod:`~..weights.networks`)."""


@dataclass(frozen=True)
class Predictions:
    """Predictions that vote beside the candidates.

    Attributes:
        of_image: the P predictions of each image.
        weights: of each image's K candidates, then of its predictions, shape (K + P,), summing to one.
        weight: of an image's predictions together; None where no predictions vote.
        folders: where they lie.
        out_of_fold: number of images on which only networks vote that did not train on the image.
        notes: what a user should know, one sentence each.
    """

    of_image: Candidates
    weights: dict[str, np.ndarray]
    weight: float | None
    folders: Sequence[Path]
    out_of_fold: int
    notes: list[str]


def find_predictions(given: Sequence[Path], score_files: Iterable[Path]) -> list[Path]:
    """Folders of predictions: the given ones, or else the ones that the trainings wrote beside their scores.

    Raises:
        InputError: a given folder is not a folder, or holds no label maps.
    """
    for folder in given:
        if not folder.is_dir() or not label_maps_in(folder):
            raise InputError(f"-predictions {folder} holds no label maps; give a folder of <image><ending>")
    beside = (path.absolute().parent / PREDICTIONS for path in score_files)
    return list(given) or [folder for folder in beside if folder.is_dir()]


def images_not_trained_on(folder: Path) -> set[str]:
    """Images on which the network of a folder of predictions did not train, according to the scores beside it.

    Raises:
        InputError: the scores cannot be read.
    """
    path = folder.absolute().parent / FILE_NAME
    if not is_there(path):
        return set()
    splits = read_scores(path).splits
    return {split_case(case)[0] for case, split in splits.items() if split == "val"}


def predictions_in(folder: Path, images: Iterable[str]) -> Iterator[Candidate]:
    """Predictions of the images in a folder; each is named after this folder and its parent folder."""
    spelling = {spelled(image): image for image in images}
    for path, stem in label_maps_in(folder):
        if (image := spelling.get(spelled(stem))) is not None:
            yield Candidate(image, f"{folder.absolute().parent.name}/{folder.name}", path)


def add_predictions(
    candidates: Candidates, weights: Mapping[str, np.ndarray], folders: Sequence[Path], weight: float
) -> Predictions:
    """Let the predictions in ``folders`` vote on their images; those of an image share ``weight`` equally.

    If some networks trained on an image and others did not, only the predictions of the others vote on it.

    Args:
        candidates: K candidates of each image.
        weights: their weights, shape (K,), summing to one.
        folders: each with at most one prediction of an image, ``<image><ending>``.
        weight: of all predictions of an image together; 0 for none.
    """
    if not (folders and weight):
        return Predictions({image: [] for image in candidates}, dict(weights), None, [], 0, [])
    predictions: dict[str, list[Candidate]] = {image: [] for image in candidates}
    out_of_fold: dict[str, list[Candidate]] = {}
    for folder in folders:
        unseen = {spelled(image) for image in images_not_trained_on(folder)}
        for prediction in predictions_in(folder, candidates):
            predictions[prediction.image].append(prediction)
            if spelled(prediction.image) in unseen:
                out_of_fold.setdefault(prediction.image, []).append(prediction)
    predictions |= out_of_fold
    shares = {}
    for image, found in predictions.items():
        shares[image] = np.concatenate([weights[image], np.full(len(found), weight / max(len(found), 1))])
        shares[image] /= shares[image].sum()
    missing = [image for image, found in predictions.items() if not found]
    notes = [f"the network's predictions in {', '.join(map(str, folders))} vote too, with weight {weight:g} or less"]
    if len(folders) > 1 and out_of_fold:
        number = f"{len(out_of_fold)} of {len(candidates)}"
        notes.append(f"only the fold that did not train on an image votes on it, on {number} images")
    if missing:
        notes.append(f"{len(missing)} of {len(candidates)} images have no prediction there, such as '{missing[0]}'")
    return Predictions(predictions, shares, weight, folders, len(out_of_fold), notes)


def soft_files(
    candidates: Sequence[Candidate], predictions: Sequence[Candidate], soft_candidates: bool
) -> list[Path | None]:
    """File of each voter's soft vote on an image, candidates first; None for voters that vote by a label map.

    Predictions vote by the probabilities beside them: the soft labels that the trainer wrote, or else the ``.npz`` of
    ``nnUNetv2_predict --save_probabilities``. Candidates do this with ``soft_candidates``.

    Raises:
        InputError: a candidate has no probabilities.
    """
    found: list[Path | None] = []
    for candidate in candidates:
        path = _probabilities_of(candidate.path)
        if soft_candidates and not path.is_file():
            raise InputError(f"{path} is missing; predict with --save_probabilities, or leave out --soft_candidates")
        found.append(path if soft_candidates else None)
    return found + [_soft_file(prediction.path) for prediction in predictions]


def default_weight(folders: Sequence[Path]) -> float:
    """Default weight of predictions: more for soft labels, because they show where the prediction may be wrong."""
    soft = any(_soft_file(path) for folder in folders for path, _ in label_maps_in(folder))
    return SOFT_WEIGHT if soft else WEIGHT


def _soft_file(prediction: Path) -> Path | None:
    beside = (soft_labels_beside(prediction), _probabilities_of(prediction))
    return next((path for path in beside if is_there(path)), None)


def _probabilities_of(label_map: Path) -> Path:
    """Where ``nnUNetv2_predict --save_probabilities`` writes the probabilities of a label map."""
    return label_map.with_name(label_map.name.removesuffix(ending_of(label_map)) + ".npz")
