"""Which source to trust: how good each one is, estimated with and without true labels.

The way of the data: files → :mod:`.measure` (one image, a few numbers for each label and source) → :mod:`.table` →
:mod:`.estimate` (with :mod:`.groups`) → :mod:`.ranking` → :mod:`.files`. A :class:`RankingRequest` says what a user
wants; :func:`rank_folder` does it.
"""

from .ceiling import Ceiling
from .files import Ranking
from .folder import rank_folder
from .request import RankingRequest

__all__ = ["Ceiling", "Ranking", "RankingRequest", "rank_folder"]
