"""From the visits of a training to the scores of its cases, without torch and nnU-Net.

The way of the data: :mod:`.visit_log` → :mod:`.replay` (of the :mod:`.data_parameters`) and :mod:`.tally` →
:mod:`.score` → :mod:`.scores`, the table. :mod:`.score_folds` does this for whole folds. For your own analysis::

    from pathlib import Path
    from nnunet_deepstaple.scoring import read_scores, read_visit_log

    agreement = read_scores(Path("fold_0/scores.csv")).column("agreement")  # case → score
    visits = read_visit_log(Path("fold_0/visits.gz")).visits                # one record a visit
"""

from .scores import Scores, merge_scores, read_scores
from .visit_log import VisitLog, read_visit_log

__all__ = ["Scores", "VisitLog", "merge_scores", "read_scores", "read_visit_log"]
