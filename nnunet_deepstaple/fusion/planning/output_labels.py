"""The labels of a whole fusion, for outputs that need them: the ignore label, channels, a new dataset."""

from collections.abc import Mapping
from pathlib import Path

from ...datasets.label_names import IGNORE, LabelNames, label_names_of_values, read_label_names
from ...errors import InputError


def names_of_fusion(dataset_json: Path | None, found: Mapping[int, Path], needs_ignore: bool) -> LabelNames:
    """Names of the labels that the candidates hold.

    Args:
        dataset_json: the candidates'; None names the labels ``label_<value>``.
        found: values in the candidates, each with a file that holds it.
        needs_ignore: add nnU-Net's ignore label, with the value after the last label, unless there is one.

    Raises:
        InputError: a value has no name in ``dataset_json``, or without it the values are not consecutive.
    """
    if dataset_json is None:
        names = label_names_of_values(found, found[max(found)] if found else None)
    else:
        names = read_label_names(dataset_json)
        unnamed = sorted(set(found).difference(names.values))
        if unnamed:
            raise InputError(
                f"{found[unnamed[0]]} holds the label {unnamed[0]}, which {dataset_json} does not name; correct the "
                f"label map, or name it there"
            )
    if needs_ignore and names.ignore_label is None:
        return LabelNames({**names.labels, IGNORE: names.values[-1] + 1}, names.regions_class_order)
    return names


def channel_count(names: LabelNames) -> int:
    """Channels of nnU-Net's probabilities: one per label, the ignore label excepted.

    Raises:
        InputError: there are regions; then the channels do not stand for labels.
    """
    if names.has_regions:
        raise InputError(
            "--save_probabilities: the labels have regions, whose probabilities cannot be told from votes for "
            "labels; leave out --save_probabilities"
        )
    return sum(value != names.ignore_label for value in names.values)
