"""What each voter says about an image, and where it says nothing."""

from .collect import collect_votes
from .votes import VoteMap, Votes

__all__ = ["VoteMap", "Votes", "collect_votes"]
