"""What a fusion rule is."""

from collections.abc import Callable

from ..decision.consensus import Consensus
from ..votes.votes import Votes
from ..weights.weights import Weights

Rule = Callable[[Votes, Weights | None], Consensus]
"""A fusion rule: ``rule(votes, weights)``.

``weights`` are the weights of the K voters, from scores or from a person; None where nothing is known. A rule that
estimates the voters' quality itself ignores them. The index ``votes.n_labels`` is not a vote: the voter abstains in
that pattern and does not count there (``votes.silence``).
"""
