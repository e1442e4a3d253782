import pytest

from nnunet_deepstaple.datasets.candidates import find_candidates
from nnunet_deepstaple.datasets.exchanged_grids import exchanged_by_grid
from nnunet_deepstaple.datasets.unlike import SourceRequest, ask_about
from nnunet_deepstaple.errors import InputError

from ..label_map_files import label_values, save

SIZES = {"p0": (8, 10, 12), "p1": (8, 11, 12), "p2": (8, 10, 12)}


@pytest.fixture
def candidates(tmp_path):
    """Candidates a, b, c of three images; ``written`` says which image's label map lies where."""

    def write(written):
        for name in "abc":
            for image in SIZES:
                shown = written.get((name, image), image)
                save(
                    tmp_path / name / f"{image}.nii.gz",
                    label_values((1,), SIZES[shown]),
                    origin=(SIZES[shown][1], 0, 0),
                )
        return find_candidates([tmp_path / name for name in "abc"])[0]

    return write


def test_files_that_were_exchanged_are_refused_where_they_would_be_resampled(candidates):
    found = candidates({("b", "p0"): "p1", ("b", "p1"): "p0"})
    with pytest.raises(InputError, match=r"of 'b' for the images 'p0' and 'p1' .* exchange their names; or go on"):
        ask_about(found, None, SourceRequest(resample=True), [], lambda _: None)
    heard = []
    ask_about(found, None, SourceRequest(resample=True, allow_doubtful=True), [], heard.append)
    assert ["exchanged" in sentence for sentence in heard] == [True]


def test_another_grid_is_no_exchange(candidates):
    assert exchanged_by_grid(candidates({})) == []
    assert exchanged_by_grid(candidates({("b", "p0"): "p1"})) == []  # as a follow-up on the grid of the first visit
    assert exchanged_by_grid(candidates({("b", "p0"): "p1", ("c", "p1"): "p0"})) == []
