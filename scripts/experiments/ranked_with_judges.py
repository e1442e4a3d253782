"""What one more judge does to ds_rank's estimates: a network's scores (-s), or the atlases' images (-atlas_images).

All sources of one set, without the judge and with it, without true labels and with those of five images. The numbers
are those of :mod:`.ranked_sources`, the images drawn as there.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from nnunet_deepstaple.commands.common import parser, progress, run
from nnunet_deepstaple.processes import each
from nnunet_deepstaple.ranking import RankingRequest
from nnunet_deepstaple.ranking.measure import ImageMeasures, measure_image
from nnunet_deepstaple.ranking.pair_means import PairMeans
from nnunet_deepstaple.ranking.study import find_study
from nnunet_deepstaple.ranking.table import gather

from ..evidence.rows import add_output_option, add_rows
from .ranked_sources import METRICS, compare, truth_of_some

EXAMPLES = """\
  python -m scripts.experiments.ranked_with_judges -set hippocampus candidates oracle -s scores.csv
  python -m scripts.experiments.ranked_with_judges -set convexadam labels oracle -images images -atlas_images warped
"""


def main() -> NoReturn:
    """Entry point."""
    run(_command)


def _command() -> None:
    arguments = parser("ranked_with_judges", str(__doc__).split("\n", maxsplit=1)[0], EXAMPLES)
    arguments.add_argument("-set", nargs=3, required=True, metavar=("NAME", "CANDIDATES", "TRUTH"))
    arguments.add_argument("-s", type=Path, nargs="+", default=[], metavar="SCORES.CSV")
    arguments.add_argument("-images", type=Path)
    arguments.add_argument("-atlas_images", type=Path, metavar="WARPED")
    arguments.add_argument("-draws", type=int, default=100, help="of images")
    add_output_option(arguments)
    given = arguments.parse_args()
    name, candidates, truth = given.set
    alone = RankingRequest([Path(candidates)], Path("ranking"), truth=Path(truth))
    judged = {"none": alone}
    if given.s:
        judged["scores"] = replace(alone, score_files=given.s)
    if given.atlas_images is not None:
        judged["images"] = replace(alone, atlas_images=given.atlas_images, images=given.images)
    rows = [row for judge, request in judged.items() for row in _rows(name, judge, request, given.draws)]
    add_rows("ranked_with_judges", rows, ["judge", "truths"], folder=given.o)


def _rows(name: str, judge: str, request: RankingRequest, n_draws: int) -> Iterator[dict[str, Any]]:
    match, truth = _measured(request)
    n_images = len(match)
    for n_truths in (0, 5):
        rng = np.random.default_rng(0)
        found = []
        for _ in range(n_draws):
            images = rng.integers(0, n_images, n_images)
            found.append(compare(match[images], truth, truth_of_some(truth, images, n_truths)))
        values = dict(zip(METRICS, np.nanmean(found, axis=0).tolist(), strict=True))
        yield {"set": name, "judge": judge, "truths": n_truths, "draws": n_draws, **values}


def _measured(request: RankingRequest) -> tuple[np.ndarray, np.ndarray]:
    """Match and true Dice of each source, means over labels, shape (N, K) each."""
    study = find_study(request, print, progress)
    making = each(partial(measure_image, request.tolerance), study.subjects, request.workers)
    measured: dict[str, ImageMeasures] = {}
    for image, one in progress(making, "Measuring", len(study.subjects)):
        measured[image] = one.kept
    of_image = {image: [one.name for one in subject.candidates] for image, subject in study.subjects.items()}
    table = gather(measured, study.sources, of_image, study.names, PairMeans(study.sources))
    return table.of("match", None), table.of("dice", None)


if __name__ == "__main__":
    main()
