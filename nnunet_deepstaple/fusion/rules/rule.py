"""What a fusion rule is."""

from collections.abc import Callable

from ..decision.consensus import Consensus
from ..votes.votes import Votes
from ..weights.weights import Weights

Rule = Callable[[Votes, Weights | None], Consensus]
"""A fusion rule: ``rule(votes, weights)``.

``weights`` are those of the K voters, where scores or a person say them; None where nothing is known. Rules that
estimate the voters' quality themselves leave them. A vote with the index ``votes.n_labels`` is none: that voter
abstains, and counts nowhere in that pattern (``votes.silence``).
"""
