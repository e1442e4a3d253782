"""What a ranking says in a sentence that needs no statistics."""

from .files import Ranking


def first_sentence(ranking: Ranking) -> str:
    """What a person wants to know first."""
    rows = ranking.labels[0].sources
    if not rows:
        return "Nothing can be said of any source."
    best, rivals = rows[0], len(ranking.labels[0].rivals)
    overlap = f"about {best.dice:.0%} (between {best.low:.0%} and {best.high:.0%})"
    certain = "on images like these" if ranking.truths == ranking.images else "as far as this can be known"
    known = f"It overlaps with the true labels by {overlap}, {certain}."
    if ranking.labels[0].is_sure:
        return f"Trust {best.source}: it is the best of {len(rows)} sources. {known}"
    if not rivals:
        return f"{best.source} is most likely the best of {len(rows)} sources. {known}"
    others = "one other source" if rivals == 1 else f"{rivals} other sources"
    return f"{best.source} comes first of {len(rows)} sources, but {others} may be just as good. {known}"
