"""Fusing candidate label maps into a consensus.

The way of the data: files → candidates → :mod:`.votes` (patterns with counts) → a rule → labels → :mod:`.outputs`.
A rule sees arrays only; :mod:`.fuse` does one image, :mod:`.folder` a folder of them. With a rule of one's own::

    from pathlib import Path

    import numpy as np

    from nnunet_deepstaple.fusion.rules.consensus import Consensus
    from nnunet_deepstaple.fusion.folder import fuse_folder
    from nnunet_deepstaple.fusion.request import Request

    def union(patterns, counts, n_labels, weights):
        labels = patterns.max(axis=1)
        return Consensus(labels, np.eye(n_labels)[labels])

    fuse_folder(Request([Path("candidates")], Path("fused"), rule=union))

or with arrays alone::

    votes = collect_votes(label_maps)
    consensus = staple(votes.patterns, votes.counts, len(votes.labels), np.full(len(label_maps), 1 / len(label_maps)))
    fused = votes.paint(votes.labels[consensus.labels])
"""
