import gzip
import json
import tracemalloc
import zlib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.progress import no_progress
from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.rescoring import Rescoring
from nnunet_deepstaple.scoring.score_folds import score_folds
from nnunet_deepstaple.scoring.visit_log import (
    VisitLog,
    append_epoch,
    create_visit_log,
    read_visit_log,
    record_type,
    resume_visit_log,
)

from ..fuzz import changed, damaged, fuzz, read_or_one_line
from .visits import LABELS, TRAIN, VAL, epoch_of_visits

HEADER = {
    "format": 1,
    "train": TRAIN,
    "val": VAL,
    "labels": LABELS,
    "settings": asdict(DataParameterSettings(clamp=3.0)),
}


@pytest.fixture
def log() -> VisitLog:
    return VisitLog.empty(TRAIN, VAL, LABELS, DataParameterSettings(clamp=3.0))


@pytest.fixture
def path(tmp_path: Path, log: VisitLog) -> Path:
    path = tmp_path / "visits.gz"
    create_visit_log(path, log)
    for epoch in range(3):
        append_epoch(path, epoch_of_visits(epoch))
    return path


def test_reads_what_was_written(path: Path, log: VisitLog) -> None:
    found = read_visit_log(path)
    assert (found.train, found.val, found.labels, found.settings) == (log.train, log.val, log.labels, log.settings)
    assert (found.epochs, found.lost_bytes) == (3, 0)
    np.testing.assert_array_equal(found.visits, np.concatenate([epoch_of_visits(epoch) for epoch in range(3)]))


def test_gzip_reads_it_too(path: Path) -> None:
    header, records = gzip.decompress(path.read_bytes()).split(b"\n", 1)
    assert b'"train"' in header
    assert len(np.frombuffer(records, record_type(2))) == len(read_visit_log(path).visits)


def test_an_epoch_of_megabytes(path: Path) -> None:
    """As large batches of small patches give them."""
    visits = epoch_of_visits(3, iterations=300, batch=50)
    append_epoch(path, visits)
    append_epoch(path, epoch_of_visits(4))
    found = read_visit_log(path)
    assert (found.epochs, found.lost_bytes) == (5, 0)
    np.testing.assert_array_equal(found.visits[found.visits["epoch"] == 3], visits)


def test_cut_off_anywhere_it_reads_to_the_last_whole_epoch(path: Path, tmp_path: Path) -> None:
    whole = path.read_bytes()
    append_epoch(path, epoch_of_visits(3))
    longer = path.read_bytes()
    cut = tmp_path / "cut.gz"
    for end in range(len(whole), len(longer)):
        cut.write_bytes(longer[:end])
        found = read_visit_log(cut)
        assert found.epochs == 3
        assert found.lost_bytes == end - len(whole)
    cut.write_bytes(whole[:10])
    with pytest.raises(InputError, match=r"cut\.gz is not a visit log"):
        read_visit_log(cut)


def test_resuming_cuts_back_to_the_checkpoint(path: Path, log: VisitLog) -> None:
    append_epoch(path, epoch_of_visits(3))
    with path.open("ab") as file:
        file.write(b"\x1f\x8b half a member")
    found = resume_visit_log(path, log, 2, cut=True)
    assert found.epochs == read_visit_log(path).epochs == 2
    append_epoch(path, epoch_of_visits(2))
    again = read_visit_log(path)
    assert (again.epochs, again.lost_bytes) == (3, 0)
    np.testing.assert_array_equal(again.visits, np.concatenate([epoch_of_visits(epoch) for epoch in range(3)]))


def test_resuming_on_a_rank_that_does_not_write_leaves_the_file(path: Path, log: VisitLog) -> None:
    before = path.read_bytes()
    assert resume_visit_log(path, log, 1, cut=False).epochs == 1
    assert path.read_bytes() == before


def test_a_log_that_ends_before_the_checkpoint_is_refused(path: Path, log: VisitLog) -> None:
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"visits\.gz ends after epoch 3, the checkpoint after epoch 4"):
        resume_visit_log(path, log, 4, cut=True)
    assert path.read_bytes() == before


def test_a_log_of_other_cases_is_refused(path: Path) -> None:
    other = VisitLog.empty([*TRAIN, "d__1"], VAL, LABELS, DataParameterSettings())
    with pytest.raises(InputError, match="belongs to other cases"):
        resume_visit_log(path, other, 1, cut=True)


def test_a_missing_log_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.gz is missing; put it back"):
        read_visit_log(tmp_path / "none.gz")


def scored(path: Path):
    """Reads a log and scores it, as ds_score does."""
    return score_folds([path], path.with_name("made.csv"), Rescoring(), str, no_progress)


@fuzz
@given(header=changed(HEADER), visits=damaged(epoch_of_visits(0).tobytes()) | st.just(epoch_of_visits(0).tobytes()))
def test_any_content(tmp_path, header, visits):
    path = tmp_path / "visits.gz"
    path.write_bytes(gzip.compress(json.dumps(header).encode("utf-8", "surrogatepass")) + gzip.compress(visits))
    with np.errstate(all="ignore"):
        read_or_one_line(scored, path)


@fuzz
@given(content=damaged(gzip.compress(json.dumps(HEADER).encode()) + gzip.compress(epoch_of_visits(0).tobytes())))
def test_any_damage(tmp_path, content):
    path = tmp_path / "visits.gz"
    path.write_bytes(content)
    read_or_one_line(scored, path)


@pytest.mark.parametrize("members", [1, 300])
def test_a_small_file_takes_no_large_memory(tmp_path, members):
    """Four gigabytes of zeros pack into four megabytes, in one member or in many."""
    path = tmp_path / "visits.gz"
    packed = zlib.compressobj(9, wbits=31)
    member = b"".join(packed.compress(bytes(record_type(2).itemsize << 12)) for _ in range(600 // members + 1))
    member += packed.flush()
    path.write_bytes(gzip.compress(json.dumps(HEADER).encode()) + member * members)
    tracemalloc.start()
    with pytest.raises(InputError, match="unpacks to more visits than it can hold"):
        read_visit_log(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64e6
