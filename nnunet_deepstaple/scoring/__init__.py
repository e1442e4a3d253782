"""From the visits of a training to the scores of its cases, with neither torch nor nnU-Net.

The way of the data: :mod:`.visit_log` → :mod:`.replay` (of the :mod:`.data_parameters`) and :mod:`.tally` →
:mod:`.score` → :mod:`.scores`, the table. :mod:`.score_folds` does it for whole folds.
"""
