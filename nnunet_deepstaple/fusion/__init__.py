"""Fusing candidate label maps into a consensus.

The way of the data: files → :mod:`.votes` (patterns with counts) × :mod:`.weights` = shares → :mod:`.decision` → labels
→ :mod:`.record`. Each of the :mod:`.rules` is a named way from votes to labels. :mod:`.planning` decides what a
:class:`Request` leaves open. :mod:`.fuse_image` fuses one image of the plan, and :mod:`.folder` fuses all of them.

One call fuses one image, given as arrays, SimpleITK images or paths. Here it has five voxels and three candidates:

>>> import numpy as np
>>> from nnunet_deepstaple.fusion import fuse
>>> label_maps = np.array([[[0, 1, 1, 2, 0]], [[0, 1, 1, 2, 2]], [[0, 1, 0, 1, 2]]], np.uint8)
>>> fuse(label_maps, "majority").labels
array([[0, 1, 1, 2, 2]], dtype=uint8)
>>> fused = fuse(label_maps, "weighted", weights=[0.1, 0.2, 0.7])
>>> fused.labels, fused.share(2).round(1)
(array([[0, 1, 0, 1, 2]], dtype=uint8), array([[0. , 0. , 0. , 0.3, 0.9]], dtype=float32))
>>> fuse(label_maps).quality["centrality"].round(2)
array([0.88, 1.  , 0.7 ])

A folder of files is fused as ``ds_fuse`` does it::

    from pathlib import Path
    from nnunet_deepstaple.fusion import Request, fuse_folder

    summary = fuse_folder(Request([Path("candidates")], Path("fused"), rule="simple"))

A rule of your own is a function such as :func:`majority`; ``fuse(…, union)`` and ``Request(…, rule=union)`` take it:

>>> from nnunet_deepstaple.fusion import Consensus
>>> def union(votes, weights):
...     labels = votes.patterns.max(axis=1)
...     return Consensus(labels, np.eye(votes.n_labels)[labels])
>>> fuse(label_maps, union).labels
array([[0, 1, 1, 2, 2]], dtype=uint8)
"""

from .arrays import Fusion, fuse, fuse_by_images
from .decision.consensus import Consensus
from .folder import FusionSummary, fuse_folder, run_plan
from .planning.plan import Plan, make_plan
from .planning.request import Request
from .rules.rule import Rule
from .rules.simple import simple
from .rules.staple import staple
from .rules.weighted import leave_one_out, majority, spectral, weighted
from .votes import VoteMap, Votes, collect_votes
from .weights.weights import Weights

__all__ = [
    "Consensus",
    "Fusion",
    "FusionSummary",
    "Plan",
    "Request",
    "Rule",
    "VoteMap",
    "Votes",
    "Weights",
    "collect_votes",
    "fuse",
    "fuse_by_images",
    "fuse_folder",
    "leave_one_out",
    "majority",
    "make_plan",
    "run_plan",
    "simple",
    "spectral",
    "staple",
    "weighted",
]
