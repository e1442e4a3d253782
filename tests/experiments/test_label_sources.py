import math
from pathlib import Path

import pytest

from nnunet_deepstaple.candidates import Candidate
from nnunet_deepstaple.scores import Scores
from scripts.experiments.label_sources import fill_missing, voter_weights


def test_the_prediction_gets_its_share_and_the_candidates_the_rest():
    candidates = [Candidate("a", name, Path(name)) for name in ("u", "v")]
    weights = voter_weights(candidates, {"a__u": 0.9, "a__v": 0.5}, share=0.3)
    assert weights["a__prediction"] == 0.3
    assert weights["a__u"] > weights["a__v"]
    assert sum(weights.values()) == pytest.approx(1)


def test_a_missing_score_is_the_mean_of_its_image_s_others():
    scores = Scores(["agreement"])
    for case, value in {"a__u": 0.4, "a__v": 0.6, "a__w": math.nan, "b__u": 0.9}.items():
        scores.add(case, "train", {"agreement": value})
    fill_missing(scores)
    assert scores.values["a__w"]["agreement"] == pytest.approx(0.5)
