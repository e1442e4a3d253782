"""What a ranking says in a sentence that needs no statistics."""

from .files import Ranking


def first_sentence(ranking: Ranking) -> str:
    """What a person wants to know first."""
    rows = ranking.labels[0].sources
    if not rows:
        return "Nothing can be said of any source."
    best, alike = rows[0], len(ranking.labels[0].best_group) - 1
    overlap = f"about {best.dice:.0%} (between {best.low:.0%} and {best.high:.0%})"
    known = f"It overlaps with the true labels by {overlap}, as far as this can be known."
    if not alike:
        return f"Trust {best.source}: it is the best of {len(rows)} sources. {known}"
    others = "one other source" if alike == 1 else f"{alike} other sources"
    return f"{best.source} comes first of {len(rows)} sources, but {others} may be just as good. {known}"
