"""The pages as text: templates are filled with numbers, and every name from a file is escaped."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from .. import __version__
from ..files.atomic import write_text
from ..fusion.planning.ratings import CANDIDATE_MARKS, CONSENSUS_MARKS
from . import colours
from .atlases import Winner
from .dependence import DependencePicture
from .drawing import Drawing
from .numbers import ImageNumbers
from .ranking import Ranked
from .sources import LEAST, LEAST_MEAN, Source
from .strip_plot import StripPlot
from .truth import TruthTable

ASSETS = ("report.css", "report.js")

_NUMBER, _TEXT = "number", ""


ESTIMATES = {
    "simple": "SIMPLE's Dice",
    "staple": "STAPLE's sensitivity and specificity",
    "leave_one_out": "Dice with the vote of the others",
    "spectral": "Overlap with the others (spectral)",
}
"""Title of a rule's own estimate of a candidate, by the rule's name."""


@dataclass(frozen=True)
class Frame:
    """What all pages of a report share.

    Attributes:
        key: of the report; a browser stores judgements under this key.
        rule: the rule that made the consensus.
        score_name: what the scores are called; empty without scores.
        label_names: name of each label value.
        has_truth: whether there are true labels.
    """

    key: str
    rule: str
    score_name: str
    label_names: Mapping[int, str]
    has_truth: bool

    def label_name(self, value: int | str) -> str:
        """Name of a label value."""
        return self.label_names.get(int(value), f"label {value}")

    @property
    def score_title(self) -> str:
        """What the scores are called in a heading."""
        if self.score_name:
            return self.score_name.capitalize()
        return ESTIMATES.get(self.rule, "Score")


def image_page(
    frame: Frame,
    image: ImageNumbers,
    drawings: Sequence[Drawing],
    shown: Sequence[int],
    winners: Sequence[Winner] = (),
) -> str:
    """Page of one image; ``shown`` has the label values in its pictures, the background first."""
    columns = [
        ("Candidate", _TEXT),
        ("Weight", _NUMBER),
        (frame.score_title, _NUMBER),
        ("Visits", _NUMBER),
        ("Dice with consensus", _NUMBER),
        ("Without it", _NUMBER),
        ("Sensitivity", _NUMBER),
        ("Specificity", _NUMBER),
        ("Judged before", _TEXT),
    ]
    return _render(
        "image.html",
        frame,
        "../",
        image=image,
        drawings=drawings,
        labels=[(place, value) for place, value in enumerate(shown[1:])],
        weighted=image.effective is not None,
        heaviest=max((one.weight or 0 for one in image.candidates), default=0) or 1,
        n_voters=sum(one.weight != 0 for one in [*image.candidates, *image.predictions]),
        unit="mm³" if len(drawings) > 1 else "mm²",
        columns=columns,
        winners=[(one.name or "all others", one.share, colours.of_atlas(place)) for place, one in enumerate(winners)],
        candidate_marks=CANDIDATE_MARKS,
        consensus_marks=CONSENSUS_MARKS,
    )


def index_page(
    frame: Frame, ranked: Sequence[Ranked], strip: StripPlot, notes: Sequence[str], need_caption: str
) -> str:
    """Page of all images, in the order in which to look at them."""
    images = [one.image for one in ranked]
    columns = [
        ("Look first", _NUMBER),
        ("Image", _TEXT),
        ("Need", _NUMBER),
        ("Candidates", _NUMBER),
        ("Effective voters", _NUMBER),
        ("Mean score", _NUMBER),
        ("Spread", _NUMBER),
        ("Disputed", _NUMBER),
        ("Volume", _NUMBER),
        ("Its place", _NUMBER),
        ("Prediction agrees", _NUMBER),
        ("Warnings", _TEXT),
        ("Judged", _TEXT),
    ]
    return _render(
        "index.html",
        frame,
        "",
        images=images,
        rows=ranked,
        strip=strip,
        notes=notes,
        need_caption=need_caption,
        n_candidates=sum(len(image.candidates) for image in images),
        n_sources=len({one.name for image in images for one in image.candidates}),
        n_warned=sum(bool(one.warnings) for one in ranked),
        columns=columns,
    )


def sources_page(
    frame: Frame,
    images: Sequence[ImageNumbers],
    sources: Sequence[Source],
    meant: Mapping[str, Mapping[str, str]],
    dependence: DependencePicture | None = None,
) -> str:
    """Page of the candidate names that occur in several images."""
    labels = _labels_of(images)
    columns = [
        ("Source", _TEXT),
        ("Images", _NUMBER),
        ("Estimated Dice", _NUMBER),
        ("95 % interval", _NUMBER),
        ("Group", _NUMBER),
        ("Mean score", _NUMBER),
        ("Spread", _NUMBER),
        ("Scores", _TEXT),
        ("Best", _NUMBER),
        ("Worst", _NUMBER),
        ("Sensitivity", _NUMBER),
        ("Specificity", _NUMBER),
        ("Without it", _NUMBER),
        *((f"Bias, {frame.label_name(label)}", _NUMBER) for label in labels),
    ]
    return _render(
        "sources.html",
        frame,
        "",
        sources=sources,
        spare=[one.name for one in sources if one.spare],
        least=LEAST,
        least_mean=LEAST_MEAN,
        labels=labels,
        columns=columns,
        meant=meant,
        names=list(next(iter(meant.values()), {})),
        dependence=dependence,
    )


def truth_page(frame: Frame, images: Sequence[ImageNumbers], table: TruthTable) -> str:
    """Page of the comparison with true labels."""
    labels = _labels_of(images)
    columns = [
        ("Label map", _TEXT),
        ("Kind", _TEXT),
        ("Images", _NUMBER),
        ("Dice", _NUMBER),
        ("Spread", _NUMBER),
        *((f"Dice, {frame.label_name(label)}", _NUMBER) for label in labels),
        ("Surface Dice", _NUMBER),
        ("HD95 (mm)", _NUMBER),
        ("Difference", _NUMBER),
        ("p", _NUMBER),
    ]
    return _render("truth.html", frame, "", table=table, n_images=len(images), labels=labels, columns=columns)


def write_assets(folder: Path, ranked: Sequence[Ranked]) -> None:
    """Write what the pages share: style, script, the order of the images, and a person's judgements of them."""
    folder.mkdir(exist_ok=True)
    for name in ASSETS:
        write_text(folder / name, (files(__package__) / "assets" / name).read_text(encoding="utf-8"))
    order = [[one.image.page, one.image.image] for one in ranked]
    shared = {"order": order, "judged": _judged([one.image for one in ranked])}
    write_text(folder / "shared.js", f"window.report = {json.dumps(shared)};\n")


def _labels_of(images: Sequence[ImageNumbers]) -> list[str]:
    return sorted({label for image in images for label in image.volumes}, key=int)


def _judged(images: Sequence[ImageNumbers]) -> dict[str, dict[str, str]]:
    """Marks that the fusion already used: by image, then by candidate; the mark of the consensus has an empty name."""
    judged = {
        image.image: {
            **{one.name: one.rating for one in image.candidates if one.rating},
            **({"": image.rating} if image.rating else {}),
        }
        for image in images
    }
    return {image: marks for image, marks in judged.items() if marks}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "percent": lambda share: "–" if share is None else f"{100 * share:.1f} %",
        "signed_percent": lambda share: "–" if share is None else f"{signed(100 * share, 1)} %",
        "volume": lambda value: f"{value:,.0f}" if value >= 100 else f"{value:.3g}",
        "signed": lambda value, digits: "–" if value is None else signed(value, digits),
        "p_value": lambda p: "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
        "label_colour": colours.of_label,
    }
    return environment


def _render(template: str, frame: Frame, up: str, **values: object) -> str:
    return render(
        template,
        up,
        key=frame.key,
        rule=frame.rule,
        score_name=frame.score_name,
        score_title=frame.score_title,
        label_name=frame.label_name,
        has_truth=frame.has_truth,
        **values,
    )


def render(template: str, up: str, **values: object) -> str:
    """Fill a template with values; ``up`` leads from the page to the folder of the report."""
    here = template.removesuffix(".html")
    return _environment().get_template(template).render(up=up, here=here, version=__version__, **values)


def signed(value: float, digits: int) -> str:
    """A number with its sign; what rounds to zero has a plus."""
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
