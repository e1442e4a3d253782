"""Choosing among options on some images and judging the choice on others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Validated:
    """What choosing is worth on images that had no part in it.

    Attributes:
        dice: of each image, by the option chosen without it; mean over the repetitions, shape (I,).
        chosen: how often each option was chosen, by its index.
    """

    dice: np.ndarray
    chosen: Counter[int]


def cross_validate(dice: np.ndarray, folds: int = 5, repetitions: int = 20, seed: int = 0) -> Validated:
    """Choose the option with the best mean on all folds of the images but one, and judge it on that one.

    Args:
        dice: of each option on each image, shape (O, I).
        folds: into how many parts the images are split, at random.
        repetitions: how many times they are split anew.
        seed: of the splits.
    """
    random = np.random.default_rng(seed)
    images = dice.shape[1]
    judged = np.zeros(images)
    chosen: Counter[int] = Counter()
    for _ in range(repetitions):
        for held_out in np.array_split(random.permutation(images), min(folds, images)):
            others = np.setdiff1d(np.arange(images), held_out)
            best = int(dice[:, others].mean(axis=1).argmax())
            chosen[best] += 1
            judged[held_out] += dice[best, held_out]
    return Validated(judged / repetitions, chosen)


def carry_over(
    dice: Mapping[str, np.ndarray],
    images: Mapping[str, Sequence[str]],
    judged_on: str,
    repetitions: int = 20,
    seed: int = 0,
) -> Validated:
    """Choose the option with the best mean on all sets but one, and judge it on that one, half of its images at a time.

    The images that are judged take no part in the choice, whatever set they are in; every set counts the same.

    Args:
        dice: of each option on each image of each set, shape (O, I).
        images: of each set, in the same order.
        judged_on: the set that does not choose.
        repetitions: how many times its images are split anew.
        seed: of the splits.
    """
    random = np.random.default_rng(seed)
    mine = np.array(images[judged_on])
    judged = np.zeros(len(mine))
    chosen: Counter[int] = Counter()
    for _ in range(repetitions):
        for held_out in np.array_split(random.permutation(len(mine)), 2):
            kept = {name: ~np.isin(of_set, mine[held_out]) for name, of_set in images.items() if name != judged_on}
            means = [dice[name][:, of_set].mean(axis=1) for name, of_set in kept.items() if of_set.any()]
            best = int(np.mean(means, axis=0).argmax())
            chosen[best] += 1
            judged[held_out] += dice[judged_on][best, held_out]
    return Validated(judged / repetitions, chosen)
