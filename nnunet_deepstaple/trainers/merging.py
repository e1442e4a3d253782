"""Training on cases that do not annotate everything: merge the classes that a case cannot tell apart.

A case that does not annotate the spleen cannot tell the spleen from the background. A case that marks a whole gland
cannot tell its zones apart. For such a case these classes become one class. Its probability is the sum of their
probabilities. This is the marginal loss of Shi et al., "Marginal loss and exclusion loss for partially supervised
multi-organ segmentation", Medical Image Analysis 70, 2021. Regions that a case does not annotate do not count in its
loss, as in MultiTalent (Ulrich et al., MICCAI 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from ..datasets.sources.vocabulary import Vocabulary
from .statistics import VisitStatistics

NEVER = -1e4
"""Logit of a class that cannot occur: its probability is 0, also in half precision, and it gives no gradient."""


@dataclass(frozen=True)
class Told:
    """What one case can tell apart.

    Attributes:
        stands_for: for classes: for each label the smallest label that the case cannot tell from it, shape (C + 1,).
            Only these smallest labels are used.
        annotated: for regions: whether the case annotates each region, shape (C,).
        wholes: for classes: name of each class of several labels without the background, by its smallest label.
    """

    stands_for: tuple[int, ...]
    annotated: tuple[bool, ...]
    wholes: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, vocabulary: Vocabulary, annotated: frozenset[str], regions: Sequence[str]) -> "Told":
        """What a case can tell apart if it annotates these names of a vocabulary; the network predicts ``regions``."""
        same = [vocabulary.meaning(vocabulary.marks(label), annotated) for label in vocabulary.labels]
        wholes = {min(labels): vocabulary.name_of(labels) for labels in same if len(labels) > 1 and 0 not in labels}
        return cls(tuple(min(labels) for labels in same), tuple(name in annotated for name in regions), wholes)

    @property
    def everything(self) -> bool:
        """Whether the case annotates all regions, or tells all classes apart."""
        return all(self.annotated) if self.annotated else self.stands_for == tuple(range(len(self.stands_for)))

    @property
    def foreground(self) -> tuple[bool, ...]:
        """Whether the case tells each foreground class, or region, from all others, shape (C,)."""
        return self.annotated or tuple(self.stands_for.count(label) == 1 for label in self.stands_for[1:])

    @property
    def counted_as(self) -> tuple[int, ...]:
        """For classes: 0 for each label that the case cannot tell from others, and else the label, shape (C + 1,)."""
        return (0, *(label * told for label, told in enumerate(self.foreground, 1)))

    @property
    def share(self) -> float:
        """Part of the regions that the case annotates; 1 for classes."""
        return sum(self.annotated) / len(self.annotated) if self.annotated else 1.0


class Merging:
    """Merges what the cases of a dataset cannot tell apart."""

    def __init__(self, told: Mapping[str, Told]) -> None:
        """Keep what each case can tell apart, for the cases that do not annotate everything."""
        self._told = {case: one for case, one in told.items() if not one.everything}

    def __bool__(self) -> bool:
        """Whether any case does not annotate everything."""
        return bool(self._told)

    def concerns(self, cases: Sequence[str]) -> bool:
        """Whether any of these cases does not annotate everything."""
        return any(case in self._told for case in cases)

    @property
    def wholes(self) -> list[str]:
        """Names of what cases mark as one that is several classes to others, W names."""
        return sorted({name for told in self._told.values() for name in told.wholes.values()})

    def foreground_of(self, case: str) -> tuple[bool, ...] | None:
        """Whether a case tells each foreground class, or region, from all others; None where it tells everything."""
        return self._told[case].foreground if case in self._told else None

    def of_annotated(self, cases: Sequence[str], statistics: VisitStatistics) -> VisitStatistics:
        """Statistics of merged logits and labels, over what each case annotates.

        The cost is the mean over the regions that a case annotates. The counts get W more classes, the :attr:`wholes`:
        what a case marks as one is counted there, and not for the smallest label of it.
        """
        if not self:
            return statistics
        told = [self._told.get(case) for case in cases]
        shares = [1.0 if one is None else one.share for one in told]
        cost = statistics.cost / torch.tensor(shares, device=statistics.cost.device)
        if not (wholes := self.wholes):
            return VisitStatistics(cost, statistics.counts)
        voxels, counts = statistics.counts[:, :3], statistics.counts[:, 3:].unflatten(1, (3, -1))
        counts = torch.cat([counts, counts.new_zeros(*counts.shape[:2], len(wholes))], dim=2)
        for sample, one in enumerate(told):
            for label, name in one.wholes.items() if one else ():
                counts[sample, :, wholes.index(name) - len(wholes)] = counts[sample, :, label - 1]
                counts[sample, :, label - 1] = 0
        return VisitStatistics(cost, torch.cat([voxels, counts.flatten(1)], dim=1))

    def merged(
        self, cases: Sequence[str], logits: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and labels of one head, with a single class for all classes that a case cannot tell apart.

        Args:
            cases: of each of the B samples.
            logits: shape (B, 1 + C, …) for classes, (B, C, …) for regions.
            target: shape (B, 1, …) for classes, (B, C or more, …) for regions.

        Returns:
            Both in the same shape; the input itself where all samples annotate everything.
        """
        tables = [self._told[case].stands_for if case in self._told else () for case in cases]
        return self._with(tables, cases, logits, target)

    def counted(
        self, cases: Sequence[str], logits: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As :meth:`merged`, with only the labels that a case tells from all others; all else is background."""
        tables = [self._told[case].counted_as if case in self._told else () for case in cases]
        return self._with(tables, cases, logits, target)

    def _with(
        self, tables: Sequence[Sequence[int]], cases: Sequence[str], logits: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Merge each sample's labels by a table: for each label the one that it becomes; empty leaves them."""
        if not self.concerns(cases):
            return logits, target
        pairs = [self._sample(case, *one) for case, *one in zip(cases, tables, logits, target, strict=True)]
        return torch.stack([one for one, _ in pairs]), torch.stack([one for _, one in pairs])

    def _sample(
        self, case: str, becomes: Sequence[int], logits: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if case not in self._told:
            return logits, target
        if annotated := self._told[case].annotated:
            unseen = [number for number, seen in enumerate(annotated) if not seen]
            logits, target = logits.clone(), target.clone()
            logits[unseen], target[unseen] = NEVER, 0
            return logits, target
        channels = [_one_for_all(logits, label, becomes) for label in range(len(logits))]
        table = torch.arange(max(len(becomes), int(target.max()) + 1), device=target.device)
        table[: len(becomes)] = torch.tensor(becomes, device=target.device)
        return torch.stack(channels), table[target.long()].to(target.dtype)


def _one_for_all(logits: torch.Tensor, label: int, stands_for: Sequence[int]) -> torch.Tensor:
    """Logit of one class of a sample, for all classes that it stands for; :data:`NEVER` if it stands for none."""
    members = [number for number, standing in enumerate(stands_for) if standing == label]
    if not members:
        return torch.full_like(logits[label], NEVER)
    if len(members) == 1:
        return logits[label]
    return torch.logsumexp(logits[members].float(), 0).to(logits.dtype)
