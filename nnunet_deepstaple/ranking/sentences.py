"""What a ranking says in a sentence that needs no statistics."""

from ..wording import counted
from .doubts import hardly_overlap
from .files import Ranking

_ALIKE = 5e-4
"""Estimates that differ by less look the same in every table."""


def first_sentence(ranking: Ranking) -> str:
    """What a person wants to know first."""
    rows = ranking.labels[0].sources
    if not rows:
        return "Nothing can be said of any source."
    if not ranking.truths and hardly_overlap(ranking.pairs):
        return f"Which of the {len(rows)} sources to trust cannot be told, because they hardly overlap."
    best, rivals = rows[0], len(ranking.labels[0].rivals)
    overlap = f"about {best.dice:.0%} (between {best.low:.0%} and {best.high:.0%})"
    certain = "on images like these" if ranking.truths == ranking.images else "as far as this can be known"
    known = f"overlaps with the true labels by {overlap}, {certain}."
    if len(rows) > 1 and best.dice - rows[-1].dice < _ALIKE:
        return f"Which of the {len(rows)} sources is best cannot be told. Each {known}"
    if not rivals:
        return f"Trust {best.source}: it is the best of {len(rows)} sources. It {known}"
    others = counted(rivals, "other source")
    return f"{best.source} comes first of {len(rows)} sources, but {others} may be just as good. It {known}"


def more_truths_sentence(ranking: Ranking) -> str | None:
    """How many more images with true labels would help; None where none would."""
    more, without = ranking.labels[0].more_truths, ranking.images - ranking.truths
    if not more:
        return None
    found = f"true labels of {counted(more, 'more image')} (-gt) would halve the intervals"
    return found if without >= more else f"{found}; here {counted(without, 'has', 'have')} none yet"
