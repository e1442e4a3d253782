import pytest
import torch
from nnunetv2.training.loss.compound_losses import DC_and_BCE_loss, DC_and_CE_loss
from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss

from nnunet_deepstaple.datasets.sources.annotated import annotated_by_case, vocabulary_of
from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.trainers.merging import Merging, Told
from nnunet_deepstaple.trainers.partial import PartialLoss
from nnunet_deepstaple.trainers.statistics import VisitStatistics, visit_statistics

DATASET = {
    "labels": {"background": 0, "peripheral": 1, "transition": 2, "ignore": 3},
    "means": {"gland": ["peripheral", "transition"]},
    "dataset": {
        "gland": {"annotates": ["gland"]},
        "one": {"annotates": ["transition"]},
        "all": {"annotates": ["peripheral", "transition"]},
        "silent": {},
    },
}
CASES = ["gland", "one", "all", "silent"]
DICE = {"batch_dice": False, "smooth": 1e-5, "ddp": False}


@pytest.fixture
def merging():
    vocabulary, annotated = vocabulary_of(DATASET), annotated_by_case(DATASET)
    return Merging({case: Told.of(vocabulary, names, []) for case, names in annotated.items()})


@pytest.fixture
def batch():
    torch.manual_seed(0)
    return torch.randn(4, 3, 5, 6, 7, requires_grad=True), torch.randint(0, 4, (4, 1, 5, 6, 7), dtype=torch.int16)


def stock(batch_dice=False):
    dice = {**DICE, "batch_dice": batch_dice, "do_bg": False}
    return DC_and_CE_loss(dice, {}, ignore_label=3, dice_class=MemoryEfficientSoftDiceLoss)


def test_probabilities_of_what_cannot_be_told_are_added(merging, batch):
    logits, target = merging.merged(CASES, *batch)
    before, after = batch[0].softmax(1), logits.softmax(1)
    torch.testing.assert_close(after[0], torch.stack([before[0, 0], before[0, 1] + before[0, 2], 0 * before[0, 2]]))
    torch.testing.assert_close(after[1], torch.stack([before[1, 0] + before[1, 1], 0 * before[1, 1], before[1, 2]]))
    torch.testing.assert_close(logits[2:], batch[0][2:], rtol=0, atol=0)
    for sample, table in enumerate(([0, 1, 1, 3], [0, 0, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3])):
        assert torch.equal(target[sample], torch.tensor(table, dtype=torch.int16)[batch[1][sample].long()])


def test_a_batch_that_annotates_everything_is_left_as_it_is(merging, batch):
    logits, target = merging.merged(["all", "silent", "all", "all"], *batch)
    assert logits is batch[0]
    assert target is batch[1]


@pytest.mark.parametrize("batch_dice", [False, True])
def test_the_loss_is_that_of_a_network_with_the_merged_classes(merging, batch, batch_dice):
    """A sample that knows the gland only, beside the stock loss of a network with one class for it."""
    logits, target = batch[0][:1], batch[1][:1]
    loss = PartialLoss(stock(batch_dice), merging, lambda: ["gland"])(logits, target)
    two = torch.stack([logits[:, 0], logits[:, 1:].logsumexp(1)], 1)
    labels = torch.tensor([0, 1, 1, 2], dtype=torch.int16)[target.long()]
    dice = {**DICE, "batch_dice": batch_dice, "do_bg": False}
    of_two = DC_and_CE_loss(dice, {}, ignore_label=2, dice_class=MemoryEfficientSoftDiceLoss)
    cross_entropy = of_two.ce(two, labels[:, 0])
    torch.testing.assert_close(
        loss - cross_entropy, (of_two(two, labels) - cross_entropy - 1) / 2
    )  # 1: the empty class


def test_what_is_not_annotated_has_no_gradient_of_its_own(merging, batch):
    logits, target = batch
    PartialLoss(stock(), merging, lambda: CASES)(logits, target).backward()
    gradient = logits.grad
    assert gradient.isfinite().all()
    probabilities = logits.detach()[0, 1:].softmax(0)  # within the gland they share its gradient as they share it
    torch.testing.assert_close(gradient[0, 1:], probabilities * gradient[0, 1:].sum(0), rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("ignore", [False, True])
def test_regions_that_are_not_annotated_do_not_count(batch, ignore):
    logits = batch[0].detach().requires_grad_()
    target = torch.rand(4, 3 + ignore, 5, 6, 7) > 0.5
    told = Told((0, 1, 2, 3), (True, False, True))
    loss = DC_and_BCE_loss({}, {**DICE, "do_bg": True}, use_ignore_label=ignore, dice_class=MemoryEfficientSoftDiceLoss)
    PartialLoss(loss, Merging({"case": told}), lambda: ["case"] * 4)(logits, target.clone()).backward()
    assert not logits.grad[:, 1].any()
    assert logits.grad[:, [0, 2]].abs().sum() > 0
    assert told.share == pytest.approx(2 / 3)


def test_in_validation_nnunet_counts_the_labels_that_a_case_tells(merging, batch):
    """It finds the loss of what is merged, and then sees no label of a gland, and no peripheral zone of the second."""
    heads = [batch[0].detach().clone(), batch[0].detach()[..., ::2].clone()]
    targets = [batch[1].clone(), batch[1][..., ::2].clone()]
    expected = [merging.merged(CASES, *head) for head in zip(heads, targets, strict=True)]

    def both(outputs, labels):
        return sum(stock()(*head) for head in zip(outputs, labels, strict=True))

    with torch.no_grad():
        loss = PartialLoss(both, merging, lambda: CASES)(heads, targets)
    assert loss == both(*zip(*expected, strict=True))
    predicted = heads[0].argmax(1)
    assert set(predicted[0].unique().tolist()) == {0}
    assert set(targets[0][0].unique().tolist()) == {0, 3}
    assert set(predicted[1].unique().tolist()) == {0, 2}
    assert set(targets[0][1].unique().tolist()) == {0, 2, 3}
    torch.testing.assert_close(heads[0][2:], batch[0][2:].detach(), rtol=0, atol=0)
    assert torch.equal(targets[0][2:], batch[1][2:])


def test_a_whole_is_counted_by_its_own_name(merging, batch):
    """A gland's agreement is no agreement on one of its zones."""
    assert merging.wholes == ["gland"]
    plain = visit_statistics(*merging.merged(CASES, *batch), regions=False, ignore_label=3)
    counts = merging.of_annotated(CASES, plain).counts
    assert torch.equal(counts[:, :3], plain.counts[:, :3])
    before, after = plain.counts[:, 3:].unflatten(1, (3, 2)), counts[:, 3:].unflatten(1, (3, 3))
    assert torch.equal(after[0], torch.stack([0 * before[0, :, 0], before[0, :, 1], before[0, :, 0]], 1))
    assert torch.equal(after[1:, :, :2], before[1:])
    assert not after[1:, :, 2].any()
    assert after[0, 0, 2] > 0


def test_the_cost_is_a_mean_over_annotated_regions():
    merging = Merging({"case": Told((0, 1, 2, 3), (True, False, True))})
    found = merging.of_annotated(["case", "other"], VisitStatistics(torch.tensor([2.0, 2.0]), torch.zeros(2, 12)))
    assert found.cost.tolist() == pytest.approx([3, 2])
    assert found.counts.shape == (2, 12)


def test_a_whole_without_a_name_is_called_by_its_parts():
    vocabulary = vocabulary_of({"labels": {"background": 0, "a": 1, "b": 2, "c": 3}, "means": {"ab": ["a", "b"]}})
    assert vocabulary.name_of(frozenset({1, 2})) == "ab"
    assert vocabulary.name_of(frozenset({2, 3})) == "ab and b or c"


def test_half_precision_stays_finite(merging, batch):
    logits, _ = merging.merged(CASES, batch[0].detach().half(), batch[1])
    assert logits.dtype == torch.float16
    assert logits.isfinite().all()
    assert (logits.float().softmax(1)[0, 2] == 0).all()


def test_a_name_that_there_is_not_is_refused():
    with pytest.raises(InputError, match="case 'x' annotates"):
        annotated_by_case({"labels": {"background": 0, "liver": 1}, "dataset": {"x": {"annotates": ["spleen"]}}})
