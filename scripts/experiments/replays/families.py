"""Families of options among which one is chosen by its numbers."""

from nnunet_deepstaple.fusion.planning.predictions import WEIGHT as DEFAULT_PREDICTION

from .options import DEFAULT_WEIGHTS, PREDICTION_WEIGHTS, WEIGHTS, label_only_options, predictions
from .sweep import Judged, Sweep

DEFAULT_SCORE = "agreement"
FINAL = "agreement with the final prediction"
DEFAULT = "the fixed vote"
"""Agreement and prediction with the powers and weights of ds_fuse, by label maps: neither smoothed nor shared with the
candidates' overlap, as patterns of votes allow. What ds_fuse itself makes of the same sets, all_rules tells."""
PAPER_VOTE = "the paper's vote by θ"
EVERYTHING = "everything"


def families(sweep: Sweep) -> dict[str, list[Judged]]:
    """Families by name, from rules that see labels only to all options at once; those without members are left out.

    The fixed vote and the paper's vote are families of one, so that they are judged like the others.
    """
    rules = sweep.judge(lambda _: label_only_options())
    scored = [
        judged
        for score, which in sweep.scores
        if score != "true Dice"
        for judged in sweep.judge_score(score, which, WEIGHTS, PREDICTION_WEIGHTS)
    ]
    final = sweep.judge(lambda _: predictions())
    combined = [one for which in sweep.passes for one in sweep.judge_combinations(DEFAULT_SCORE, which)]
    combined += [one for which in sweep.passes for one in sweep.judge_per_label(which)]
    names = [f"{DEFAULT_SCORE}, {which}" for which in sweep.passes[-1:]] or [FINAL]
    weights = f"{DEFAULT_WEIGHTS[0]} {DEFAULT_WEIGHTS[1]:g}"
    alike = [one for one in scored if one.option.score in names and one.option.weights == weights]
    by_vote = [one for one in scored if not one.option.prediction]
    found = {
        "label-only rules": rules,
        PAPER_VOTE: [
            one for one in by_vote if one.option.score.startswith("θ as published") and one.option.weights == "paper"
        ][:1],
        "votes by θ": [one for one in by_vote if one.option.score.startswith("θ")],
        "votes by agreement": [one for one in by_vote if one.option.score.startswith("agreement")],
        "votes by any score": by_vote,
        DEFAULT: [one for one in alike if one.option.prediction == DEFAULT_PREDICTION],
        f"{names[0]}, {weights}, any weight of the prediction": alike,
        "votes by any score, with the prediction": scored,
        EVERYTHING: [*rules, *scored, *final, *combined],
    }
    return {name: members for name, members in found.items() if members}
