"""Fusing candidate label maps into a consensus.

The way of the data: files → candidates → :mod:`.votes` (patterns with counts) → one of the :mod:`.rules` → labels →
:mod:`.outputs`. A :class:`Request` says what a user wants, :mod:`.plan` decides the rest, :mod:`.fuse` does one image
of the plan, :mod:`.folder` all of them, and :mod:`.record` keeps record.

With arrays alone, here of five voxels and three candidates:

>>> import numpy as np
>>> from nnunet_deepstaple.fusion import collect_votes, majority, staple, weighted
>>> label_maps = np.array([[[0, 1, 1, 2, 0]], [[0, 1, 1, 2, 2]], [[0, 1, 0, 1, 2]]], np.uint8)
>>> votes = collect_votes(label_maps)
>>> equal = np.full(3, 1 / 3)
>>> consensus = majority(votes.patterns, votes.counts, len(votes.labels), equal)
>>> votes.paint(votes.labels[consensus.labels])
array([[0, 1, 1, 2, 2]], dtype=uint16)
>>> consensus = weighted(votes.patterns, votes.counts, len(votes.labels), np.array([0.1, 0.2, 0.7]))
>>> votes.paint(votes.labels[consensus.labels])
array([[0, 1, 0, 1, 2]], dtype=uint16)

With folders of files, as ``ds_fuse`` does it::

    from pathlib import Path
    from nnunet_deepstaple.fusion import Request, fuse_folder

    summary = fuse_folder(Request([Path("candidates")], Path("fused"), rule="simple"))

A rule of one's own is a function such as :func:`majority`; ``Request(..., rule=union)`` takes it:

>>> from nnunet_deepstaple.fusion import Consensus
>>> def union(patterns, counts, n_labels, weights):
...     labels = patterns.max(axis=1)
...     return Consensus(labels, np.eye(n_labels)[labels])
>>> votes.paint(votes.labels[union(votes.patterns, votes.counts, len(votes.labels), equal).labels])
array([[0, 1, 1, 2, 2]], dtype=uint16)
"""

from .folder import Summary, fuse_folder, run_plan
from .plan import Plan, make_plan
from .request import Request
from .rules.consensus import Consensus, Rule
from .rules.majority import majority
from .rules.simple import simple
from .rules.staple import staple
from .rules.weighted import weighted
from .votes import Votes, collect_votes

__all__ = [
    "Consensus",
    "Plan",
    "Request",
    "Rule",
    "Summary",
    "Votes",
    "collect_votes",
    "fuse_folder",
    "majority",
    "make_plan",
    "run_plan",
    "simple",
    "staple",
    "weighted",
]
