"""Numbers in sentences."""

from collections.abc import Collection, Sequence


def counted(number: int, one: str, several: str = "") -> str:
    """A number and its noun: ``1 image``, ``2 images``.

    Args:
        number: how many.
        one: the noun, and perhaps a verb, for one.
        several: the same for several; empty adds an s.
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


def span(numbers: Collection[int]) -> str:
    """The smallest and the largest of some numbers: ``3``, or ``3 to 5``."""
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"


def first_of(notes: Sequence[str]) -> list[str]:
    """The first of the notes that each say one thing of one file, and of how many more files it is true."""
    if len(notes) < 2:
        return list(notes)
    return [f"{notes[0]}; so {'is' if len(notes) == 2 else 'are'} {counted(len(notes) - 1, 'more file')}"]
