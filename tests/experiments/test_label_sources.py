import math

import pytest

from nnunet_deepstaple.scoring.scores import Scores
from scripts.experiments.label_sources import fill_missing


def test_a_missing_score_is_the_mean_of_its_image_s_others():
    scores = Scores(["agreement"])
    for case, value in {"a__u": 0.4, "a__v": 0.6, "a__w": math.nan, "b__u": 0.9}.items():
        scores.add(case, "train", {"agreement": value})
    fill_missing(scores)
    assert scores.values["a__w"]["agreement"] == pytest.approx(0.5)
