"""An image's votes beside its true labels, as one small table: what a replay needs to fuse and to judge in no time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.files.label_maps import read_label_map
from nnunet_deepstaple.fusion.decision.consensus import Consensus
from nnunet_deepstaple.fusion.rules.rule import Rule
from nnunet_deepstaple.fusion.votes import Votes, collect_votes
from nnunet_deepstaple.fusion.weights.weights import Weights

from ..common.judging import label_map_of, mean_dice, relative_volume


@dataclass(frozen=True)
class VoteTable:
    """Votes of K candidates and M further voters of one image, as P patterns, and the truth in each pattern.

    Attributes:
        image: its id.
        candidates: names of the K candidates, sorted.
        voters: names of the M further voters.
        patterns: label of each vote, shape (P, K + M).
        truth: voxels of each true label in each pattern, shape (P, L).
    """

    image: str
    candidates: list[str]
    voters: list[str]
    patterns: np.ndarray
    truth: np.ndarray

    @property
    def cases(self) -> list[str]:
        return [f"{self.image}__{name}" for name in self.candidates]

    @property
    def votes(self) -> np.ndarray:
        """Votes of the candidates alone, shape (P, K)."""
        return self.patterns[:, : len(self.candidates)]

    @property
    def counts(self) -> np.ndarray:
        """Voxels with each pattern, shape (P,)."""
        return self.truth.sum(axis=1)

    @property
    def n_labels(self) -> int:
        return self.truth.shape[1]

    def votes_of(self, voter: str) -> np.ndarray:
        """Votes of one further voter, shape (P,)."""
        return self.patterns[:, len(self.candidates) + self.voters.index(voter)]

    def subset(self, kept: Sequence[int]) -> "VoteTable":
        """The same image with only some of its candidates, given by their places."""
        columns = [*kept, *range(len(self.candidates), self.patterns.shape[1])]
        candidates = [self.candidates[place] for place in kept]
        return replace(self, candidates=candidates, patterns=np.ascontiguousarray(self.patterns[:, columns]))

    def fuse(self, rule: Rule, weights: np.ndarray | None = None, kept: np.ndarray | None = None) -> Consensus:
        """Fuse the candidates, or those in ``kept`` (indices), with one of the package's rules."""
        patterns = self.votes if kept is None else np.ascontiguousarray(self.votes[:, kept])
        return rule(self.voted(patterns), None if weights is None else Weights(weights))

    def voted(self, patterns: np.ndarray) -> Votes:
        """Votes of any voters, shape (P, V), as the package's rules take them."""
        return Votes(np.arange(self.n_labels, dtype=np.uint16), patterns, self.counts)

    def dice(self, labels: np.ndarray) -> float:
        """Mean Dice of a label map with the truth.

        Args:
            labels: its label in each pattern, shape (P,).
        """
        return mean_dice(labels, self.truth)

    def volume(self, labels: np.ndarray) -> float:
        """Foreground volume of a label map, where the true one is 1.

        Args:
            labels: its label in each pattern, shape (P,).
        """
        return relative_volume(labels, self.truth)

    def true_dice(self) -> np.ndarray:
        """Mean Dice of each candidate with the truth, shape (K,)."""
        return np.array([self.dice(votes) for votes in self.votes.T])

    def dice_with(self, labels: np.ndarray) -> np.ndarray:
        """Mean Dice of each candidate with another label map, shape (K,).

        Args:
            labels: its label in each pattern, shape (P,).
        """
        other = self.counts[:, np.newaxis] * (labels[:, np.newaxis] == np.arange(self.n_labels))
        return np.array([mean_dice(votes, other) for votes in self.votes.T])


def read_vote_tables(
    candidates: Sequence[Path], truth: Path, voters: Mapping[str, Path] | None = None
) -> list[VoteTable]:
    """Read all images' candidates, further voters and true labels.

    Args:
        candidates: folders of candidates.
        truth: folder of the true labels, ``<image><ending>``.
        voters: further voters by name, each a folder of ``<image><ending>``.

    Raises:
        InputError: a folder or a label map is missing or cannot be read.
    """
    voters = voters or {}
    found, _ = find_candidates(candidates)
    return [
        _read_table(
            image,
            [candidate.name for candidate in named],
            list(voters),
            [candidate.path for candidate in named] + [label_map_of(image, folder) for folder in voters.values()],
            label_map_of(image, truth),
        )
        for image, named in found.items()
    ]


def _read_table(image: str, names: list[str], voters: list[str], paths: Sequence[Path], truth_path: Path) -> VoteTable:
    votes = collect_votes(read_label_map(path)[0] for path in paths)
    truth, _ = read_label_map(truth_path)
    n_labels = max(int(votes.labels[-1]), int(truth.max())) + 1
    rows = votes.paint(np.arange(len(votes.patterns)))
    cells = np.bincount((rows * n_labels + truth).ravel(), minlength=len(votes.patterns) * n_labels)
    patterns = votes.labels[votes.patterns].astype(np.uint8 if n_labels <= 256 else np.uint16)
    return VoteTable(image, names, voters, patterns, cells.reshape(-1, n_labels))
