"""What one visit shows: cost and agreement of the network with the candidate, per sample of a batch."""

from dataclasses import dataclass

import torch
from torch.nn import functional


@dataclass
class VisitStatistics:
    """Statistics of the B samples of a batch, on the device they were computed on.

    Attributes:
        cost: unweighted voxel mean of the cross-entropy (of the binary cross-entropy over all regions when the
            labels are regions), shape (B,), float32; 0 where no voxel counts.
        counts: voxels that count, labelled foreground, predicted foreground, then TP, FP and FN of each of the C
            foreground classes or regions (all TP first), shape (B, 3 + 3·C), int64.
    """

    cost: torch.Tensor
    counts: torch.Tensor


@torch.no_grad()
def visit_statistics(
    logits: torch.Tensor, target: torch.Tensor, *, regions: bool, ignore_label: int | None
) -> VisitStatistics:
    """Compare the network with the candidates of one batch; no value leaves the device, so nothing waits.

    Args:
        logits: output of the full-resolution head: (B, 1 + C, …) for classes, (B, C, …) for regions.
        target: label values (B, 1, …) for classes; for regions (B, C, …), with one more channel that marks
            ignored voxels where there is an ignore label.
        regions: whether the labels are regions (sigmoid) instead of classes (softmax).
        ignore_label: the label value whose voxels are not counted; None when there is none.
    """
    if regions:
        return _region_statistics(logits, target, ignore_label is not None)
    return _class_statistics(logits, target, ignore_label)


def _class_statistics(logits: torch.Tensor, target: torch.Tensor, ignore_label: int | None) -> VisitStatistics:
    labels = target[:, 0].long()
    predicted = logits.max(1).indices  # on a CPU ten times faster than argmax
    counted = None if ignore_label is None else labels != ignore_label
    ignore_index = -100 if ignore_label is None else ignore_label
    cost = functional.cross_entropy(logits.float(), labels, reduction="none", ignore_index=ignore_index)
    if counted is not None:  # an ignored voxel becomes background in both, and background is not counted
        labels, predicted = labels * counted, predicted * counted
    voxels = _voxels(labels, counted)
    classes = range(1, logits.shape[1])
    pairs = [(labels == label, predicted == label) for label in classes]
    return VisitStatistics(_mean(cost, voxels), _counts(voxels, (labels > 0, predicted > 0), pairs))


def _region_statistics(logits: torch.Tensor, target: torch.Tensor, has_ignore: bool) -> VisitStatistics:
    channels = logits.shape[1]
    labelled = target[:, :channels] > 0
    predicted = logits > 0  # sigmoid > 0.5
    cost = functional.binary_cross_entropy_with_logits(logits.float(), labelled.float(), reduction="none").mean(1)
    counted = ~(target[:, -1] > 0) if has_ignore else None
    if counted is not None:
        cost, labelled, predicted = cost * counted, labelled & counted[:, None], predicted & counted[:, None]
    voxels = _voxels(cost, counted)
    pairs = [(labelled[:, channel], predicted[:, channel]) for channel in range(channels)]
    return VisitStatistics(_mean(cost, voxels), _counts(voxels, (labelled.any(1), predicted.any(1)), pairs))


def _count(mask: torch.Tensor) -> torch.Tensor:
    return mask.flatten(1).sum(1, dtype=torch.int32)  # on a CPU six times faster than the default, int64


def _voxels(like: torch.Tensor, counted: torch.Tensor | None) -> torch.Tensor:
    if counted is not None:
        return _count(counted)
    return torch.full((like.shape[0],), like[0].numel(), dtype=torch.int32, device=like.device)


def _mean(cost: torch.Tensor, voxels: torch.Tensor) -> torch.Tensor:
    return cost.flatten(1).sum(1) / voxels.clamp(min=1)


def _counts(
    voxels: torch.Tensor, foreground: tuple[torch.Tensor, torch.Tensor], pairs: list[tuple[torch.Tensor, torch.Tensor]]
) -> torch.Tensor:
    true_positive = [_count(labelled & predicted) for labelled, predicted in pairs]
    false_positive = [_count(predicted) - tp for (_, predicted), tp in zip(pairs, true_positive, strict=True)]
    false_negative = [_count(labelled) - tp for (labelled, _), tp in zip(pairs, true_positive, strict=True)]
    columns = [voxels, *map(_count, foreground), *true_positive, *false_positive, *false_negative]
    return torch.stack(columns, 1).long()
