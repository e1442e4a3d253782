"""Training on cases that do not annotate everything: merge the classes that a case cannot tell apart.

A case that does not annotate the spleen cannot tell the spleen from the background. A case that marks a whole gland
cannot tell its zones apart. For such a case these classes become one class. Its probability is the sum of their
probabilities. This is the marginal loss of Shi et al., "Marginal loss and exclusion loss for partially supervised
multi-organ segmentation", Medical Image Analysis 70, 2021. Regions that a case does not annotate do not count in its
loss, as in MultiTalent (Ulrich et al., MICCAI 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from ..datasets.sources.vocabulary import Vocabulary

NEVER = -1e4
"""Logit of a class that cannot occur: its probability is 0, also in half precision, and it gives no gradient."""


@dataclass(frozen=True)
class Told:
    """What one case can tell apart.

    Attributes:
        stands_for: for classes: for each label the smallest label that the case cannot tell from it, shape (C + 1,).
            Only these smallest labels are used.
        annotated: for regions: whether the case annotates each region, shape (C,).
    """

    stands_for: tuple[int, ...]
    annotated: tuple[bool, ...]

    @classmethod
    def of(cls, vocabulary: Vocabulary, annotated: frozenset[str], regions: Sequence[str]) -> "Told":
        """What a case can tell apart if it annotates these names of a vocabulary; the network predicts ``regions``."""
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

    def shares(self, cases: Sequence[str]) -> list[float]:
        """Part of the regions that each case annotates."""
        return [self._told[case].share if case in self._told else 1.0 for case in cases]

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
    """Logit of one class of a sample, for all classes that it stands for; :data:`NEVER` if it stands for none."""
    members = [number for number, standing in enumerate(stands_for) if standing == label]
    if not members:
        return torch.full_like(logits[label], NEVER)
    if len(members) == 1:
        return logits[label]
    return torch.logsumexp(logits[members].float(), 0).to(logits.dtype)
