"""Training on cases that do not annotate everything: one batch's output and target, as far as each case can tell.

A case that does not annotate the spleen cannot tell it from the background, and one that marks the whole gland cannot
tell its zones. Classes that a case cannot tell apart are one class for it, whose probability is the sum of theirs: the
marginal loss of Shi et al., "Marginal loss and exclusion loss for partially supervised multi-organ segmentation",
Medical Image Analysis 70, 2021. Regions that it does not annotate have no part in its loss, as in MultiTalent (Ulrich
et al., MICCAI 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..datasets.sources.vocabulary import Vocabulary

NEVER = -1e4
"""Logit of a class that cannot be: its probability is 0 in half precision too, and no gradient comes from it."""


@dataclass(frozen=True)
class Told:
    """What one case can tell apart.

    Attributes:
        stands_for: for each label the smallest one that the case cannot tell from it, shape (C + 1,); the others have
            no part. For classes.
        annotated: whether the case annotates each region, shape (C,). For regions.
    """

    stands_for: tuple[int, ...]
    annotated: tuple[bool, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary, annotated: frozenset[str], regions: Sequence[str]) -> "Told":
        """What a case can tell that annotates these names of a vocabulary, for a network with heads for ``regions``."""
        same = [vocabulary.meaning(vocabulary.marks(label), annotated) for label in vocabulary.labels]
        return cls(tuple(min(labels) for labels in same), tuple(name in annotated for name in regions))

    @property
    def everything(self) -> bool:
        """Whether the case annotates all regions, or tells all classes apart."""
        return all(self.annotated) if self.annotated else self.stands_for == tuple(range(len(self.stands_for)))

    @property
    def share(self) -> float:
        """Part of the regions that the case annotates; 1 for classes."""
        return sum(self.annotated) / len(self.annotated) if self.annotated else 1.0


class Merging:
    """Merges what the cases of a dataset cannot tell."""

    def __init__(self, told: Mapping[str, Told]) -> None:
        """Know what each case can tell that does not annotate everything."""
        self._told = {case: one for case, one in told.items() if not one.everything}

    def __bool__(self) -> bool:
        """Whether any case does not annotate everything."""
        return bool(self._told)

    def concerns(self, cases: Sequence[str]) -> bool:
        """Whether any of some cases does not annotate everything."""
        return any(case in self._told for case in cases)

    def shares(self, cases: Sequence[str]) -> list[float]:
        """Part of the regions that each case annotates."""
        return [self._told[case].share if case in self._told else 1.0 for case in cases]

    def merged(
        self, cases: Sequence[str], logits: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and labels of one head, with one class for what a case cannot tell.

        Args:
            cases: of each of the B samples.
            logits: shape (B, 1 + C, …) for classes, (B, C, …) for regions.
            target: shape (B, 1, …) for classes, (B, C or more, …) for regions.

        Returns:
            Both in the same shape; the input itself where all samples annotate everything.
        """
        if not self.concerns(cases):
            return logits, target
        pairs = [self._sample(case, *one) for case, *one in zip(cases, logits, target, strict=True)]
        return torch.stack([one for one, _ in pairs]), torch.stack([one for _, one in pairs])

    def _sample(self, case: str, logits: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        told = self._told.get(case)
        if told is None:
            return logits, target
        if told.annotated:
            unseen = [number for number, annotated in enumerate(told.annotated) if not annotated]
            logits, target = logits.clone(), target.clone()
            logits[unseen], target[unseen] = NEVER, 0
            return logits, target
        channels = [_one_for_all(logits, label, told.stands_for) for label in range(len(logits))]
        table = torch.arange(max(len(told.stands_for), int(target.max()) + 1), device=target.device)
        table[: len(told.stands_for)] = torch.tensor(told.stands_for, device=target.device)
        return torch.stack(channels), table[target.long()].to(target.dtype)


def _one_for_all(logits: torch.Tensor, label: int, stands_for: Sequence[int]) -> torch.Tensor:
    """Logit of one class of a sample, that of all classes that it stands for, or :data:`NEVER`."""
    members = [number for number, standing in enumerate(stands_for) if standing == label]
    if not members:
        return torch.full_like(logits[label], NEVER)
    if len(members) == 1:
        return logits[label]
    return torch.logsumexp(logits[members].float(), 0).to(logits.dtype)
