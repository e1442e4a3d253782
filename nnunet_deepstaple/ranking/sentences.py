"""What a ranking says in a sentence that needs no statistics."""

from .files import Ranking


def first_sentence(ranking: Ranking) -> str:
    """What a person wants to know first."""
    rows = ranking.labels[0].sources
    if not rows:
        return "Nothing can be said of any source."
    best, alike = rows[0], len(ranking.labels[0].best_group) - 1
    known = f"its Dice with the true labels is about {best.dice:.2f} (between {best.low:.2f} and {best.high:.2f})"
    if not alike:
        return f"{best.source} is the best of {len(rows)} sources: {known}."
    others = "one other source" if alike == 1 else f"{alike} other sources"
    return f"{best.source} comes first of {len(rows)} sources, but {others} may be as good; {known}."
