"""Colours that people with any colour vision can tell apart, and that are visible on grey images."""

LABELS = ("#4363d8", "#f58231", "#469990", "#ffe119", "#42d4f4", "#e6194b", "#800000")
"""Overlay colours of nnU-Net (``nnunetv2.utilities.overlay_plots``). Its first two colours come first. The other five
are those of nnU-Net's that people with red-green blindness can tell from these two and from each other. An eighth label
gets the first colour again."""

SOURCES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Colours of Okabe and Ito, Color Universal Design, 2008, without black; for the sources with the most images."""

_WEIGHTS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""Five stops of viridis (van der Walt and Smith, 2015); its lightness increases evenly."""

_HEAT = ((0, 0, 4), (120, 28, 109), (229, 92, 48), (252, 180, 40), (252, 255, 164))
"""Five stops of inferno, by the same authors."""

MOST_ATLASES = 6
"""Largest number of atlases with a colour of their own."""

OTHER_ATLASES = "#999999"
"""Colour of all atlases without one of their own."""

Colour = tuple[int, int, int]


def of_label(place: int) -> str:
    """Colour of the foreground label with this place among all foreground labels; places count from 0."""
    return LABELS[place % len(LABELS)]


def of_atlas(place: int) -> str:
    """Colour of the atlas with this place among those that weigh most; places count from 0."""
    return SOURCES[place] if place < MOST_ATLASES else OTHER_ATLASES


def of_weight(share: float) -> str:
    """Colour of a weight, given as a share of the largest weight of the image."""
    return "#{:02x}{:02x}{:02x}".format(*_between(_WEIGHTS, share))


def of_heat(share: float) -> Colour:
    """Colour of a share of disagreement, from 0 to 1."""
    return _between(_HEAT, share)


def rgb(colour: str) -> Colour:
    """Red, green and blue of ``#rrggbb``."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _between(stops: tuple[Colour, ...], share: float) -> Colour:
    place = min(max(share, 0.0), 1.0) * (len(stops) - 1)
    left = min(int(place), len(stops) - 2)
    red, green, blue = (
        round(one + (other - one) * (place - left)) for one, other in zip(stops[left], stops[left + 1], strict=True)
    )
    return red, green, blue
