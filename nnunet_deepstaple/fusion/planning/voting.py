"""With what weight an image's voters vote, before the rule looks at their votes."""

from dataclasses import replace

import numpy as np

from ..votes.votes import Votes
from ..weights.networks import trust_predictions
from ..weights.scores_and_overlap import share_trust
from ..weights.weights import Weights
from .task import ImageTask, Method


def weights_of(method: Method, task: ImageTask, votes: Votes) -> Weights:
    """Weights of the candidates, then of the predictions."""
    weights = share_trust(votes, task.weights, len(task.candidates), method.score_trust)
    if task.predictions:
        networks = np.array([method.network_trust[prediction.name] for prediction in task.predictions])
        kept = trust_predictions(votes, weights.of_voters, len(task.candidates), networks)
        weights = replace(weights, of_voters=kept)
    return weights
