"""All code that uses nnU-Net's trainer and torch.

:mod:`.statistics` (one batch) → :mod:`.recorder` (an epoch) → :mod:`.scorer` (log, scores, picture). :mod:`.mixin`
hooks them into any nnU-Net trainer. :mod:`.variants` names the trainers.
"""
