import pytest
import torch
from nnunetv2.training.loss.dice import get_tp_fp_fn_tn
from torch.nn import functional

from nnunet_deepstaple.trainers.statistics import visit_statistics

SHAPES = [(3, 9, 8), (2, 6, 7, 5)]


def expected_counts(voxels, foreground, *per_class):
    return torch.cat([torch.stack([voxels, *foreground], 1), *per_class], 1).long()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ignore", [False, True])
def test_classes_as_nnunet_counts_them(shape: tuple[int, ...], ignore: bool) -> None:
    torch.manual_seed(0)
    classes, (batch, *space) = 4, shape
    logits = torch.randn(batch, classes, *space)
    target = torch.randint(0, classes + ignore, (batch, 1, *space), dtype=torch.int16)
    seen = visit_statistics(logits, target, regions=False, ignore_label=classes if ignore else None)

    mask = (target != classes).float()
    labels = (target * mask).long()
    predicted = logits.argmax(1, keepdim=True)
    axes = tuple(range(2, logits.ndim))
    onehot = torch.zeros_like(logits).scatter_(1, predicted, 1)
    tp, fp, fn, _ = (counts[:, 1:] for counts in get_tp_fp_fn_tn(onehot, labels, axes, mask))
    foreground = [((m > 0) * mask).flatten(1).sum(1) for m in (labels, predicted)]
    torch.testing.assert_close(
        seen.counts, expected_counts(mask.flatten(1).sum(1), foreground, tp, fp, fn), rtol=0, atol=0
    )
    for sample in range(batch):
        cost = functional.cross_entropy(logits[sample][None], target[sample].long(), ignore_index=classes)
        torch.testing.assert_close(seen.cost[sample], cost)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ignore", [False, True])
def test_regions_as_nnunet_counts_them(shape: tuple[int, ...], ignore: bool) -> None:
    torch.manual_seed(1)
    regions, (batch, *space) = 3, shape
    logits = torch.randn(batch, regions, *space)
    target = torch.rand(batch, regions + ignore, *space) > 0.6
    seen = visit_statistics(logits, target, regions=True, ignore_label=4 if ignore else None)

    mask = (~target[:, -1:]).float() if ignore else torch.ones(batch, 1, *space)
    labels = target[:, :regions]
    axes = tuple(range(2, logits.ndim))
    predicted = (torch.sigmoid(logits) > 0.5).float()
    tp, fp, fn, _ = get_tp_fp_fn_tn(predicted, labels, axes, mask)
    foreground = [(m.bool().any(1, keepdim=True) * mask).flatten(1).sum(1) for m in (labels, predicted)]
    torch.testing.assert_close(
        seen.counts, expected_counts(mask.flatten(1).sum(1), foreground, tp, fp, fn), rtol=0, atol=0
    )
    for sample in range(batch):
        counted = mask[sample].bool().expand_as(logits[sample])
        cost = functional.binary_cross_entropy_with_logits(logits[sample][counted], labels[sample][counted].float())
        torch.testing.assert_close(seen.cost[sample], cost)


def test_a_sample_without_a_voxel_that_counts() -> None:
    target = torch.full((2, 1, 4, 4), 2, dtype=torch.int16)
    target[1] = 1
    seen = visit_statistics(torch.zeros(2, 2, 4, 4), target, regions=False, ignore_label=2)
    assert seen.counts[:, 0].tolist() == [0, 16]
    assert seen.counts[0].sum() == 0
    assert seen.cost[0] == 0


def test_half_precision_logits_cost_in_full_precision() -> None:
    torch.manual_seed(2)
    logits, target = torch.randn(2, 3, 8, 8, 8).half(), torch.randint(0, 3, (2, 1, 8, 8, 8))
    seen = visit_statistics(logits, target, regions=False, ignore_label=None)
    assert seen.cost.dtype == torch.float32
    torch.testing.assert_close(seen.cost.mean(), functional.cross_entropy(logits.float(), target[:, 0]))
