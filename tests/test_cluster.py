"""Folder-wide work on a real Dask cluster of two worker processes."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nnunet_deepstaple.cluster import _Task
from nnunet_deepstaple.errors import InputError, RunError
from nnunet_deepstaple.fusion import Request, fuse_folder
from nnunet_deepstaple.processes import each
from nnunet_deepstaple.progress import no_progress
from nnunet_deepstaple.ranking import RankingRequest, rank_folder

from .commands.fuse_runs import COMMAND, assert_refused, contents, write_candidates
from .machine import kills
from .test_processes import fail_at_three, items, refuse_three, square
from .warped_atlases import write_atlases

pytestmark = pytest.mark.slow

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")


def pid_of(_):
    time.sleep(0.2)
    return os.getpid()


def die_once(marker):
    """Kill the worker that comes first; leave the others alone."""
    if marker is not None and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """Address of a scheduler with two workers, of two threads each, that are processes and come again when killed."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster.scheduler_address


def test_every_item_once_and_on_both_workers(scheduler):
    assert sorted(each(square, items(), scheduler)) == [(f"item{number}", number**2) for number in range(6)]
    assert len({pid for _, pid in each(pid_of, items(), scheduler)}) == 2


def test_faults_and_wrong_input_are_told_as_on_one_machine(scheduler):
    with pytest.raises(InputError, match="three is no number"):
        list(each(refuse_three, items(), scheduler))
    with pytest.raises(RunError, match=r"(?s)'item3' failed on its worker.*fail_at_three.*ZeroDivisionError"):
        list(each(fail_at_three, items(), scheduler))


@kills
def test_what_a_killed_worker_was_at_is_done_by_another(scheduler, tmp_path):
    markers = {"a": None, "b": str(tmp_path / "killed"), "c": None}
    assert sorted(name for name, _ in each(die_once, markers, scheduler)) == ["a", "b", "c"]
    assert (tmp_path / "killed").exists()


@kills
def test_what_kills_every_worker_is_named(scheduler):
    with pytest.raises(RunError, match="every worker that was at work on 'bad' died"):
        list(each(die, {"bad": 0}, scheduler))


def test_fused_as_on_one_machine(scheduler, tmp_path):
    candidates = write_candidates(tmp_path / "c", images=6)
    for name, workers in (("here", 1), ("there", scheduler)):
        fuse_folder(Request([candidates], tmp_path / name, rule="staple", save_vote_share=True, workers=workers))
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


@kills
def test_fused_right_though_a_worker_is_killed(scheduler, tmp_path):
    candidates = write_candidates(tmp_path / "c", images=80)  # enough that some are left when the first is done
    fuse_folder(Request([candidates], tmp_path / "here", rule="staple", workers=1))
    run = subprocess.Popen([*COMMAND, *_options(candidates, tmp_path / "there", scheduler)])
    while not list((tmp_path / "there").glob("*.nii.gz")):
        assert run.poll() is None
        time.sleep(0.01)
    with distributed.Client(scheduler, set_as_default=False) as client:
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
    assert run.wait(timeout=120) == 0
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_a_scheduler_that_does_not_answer(tmp_path):
    candidates = write_candidates(tmp_path / "c", images=1)
    command = [*COMMAND, *_options(candidates, tmp_path / "fused", "tcp://127.0.0.1:9")]
    run = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert_refused((run.returncode, run.stdout, run.stderr), tmp_path / "fused", "tcp://127.0.0.1:9", "dask scheduler")


@pytest.mark.parametrize("address", ["nonsense", "http://127.0.0.1:8786", "tcp://127.0.0.1"])
def test_an_address_that_is_none(tmp_path, address):
    candidates = write_candidates(tmp_path / "c", images=1)
    begun = time.monotonic()
    run = subprocess.run(
        [*COMMAND, *_options(candidates, tmp_path / "fused", address)],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert_refused((run.returncode, run.stdout, run.stderr), tmp_path / "fused", f"-dask {address} is no address")
    assert time.monotonic() - begun < 15


def test_relative_paths_mean_what_they_mean_here(scheduler, tmp_path, monkeypatch):
    write_candidates(tmp_path / "c", images=3)
    monkeypatch.chdir(tmp_path)
    for name, workers in (("here", 1), ("there", scheduler)):
        fuse_folder(Request([Path("c")], Path(name), rule="staple", workers=workers))
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_a_folder_that_a_worker_does_not_have(tmp_path):
    with pytest.raises(InputError, match=r"the Dask worker on .* cannot enter .*elsewhere \(No such file"):
        _Task(square, tmp_path / "elsewhere")(3)


def _options(candidates: Path, output: Path, scheduler: str) -> list[str]:
    return ["-i", str(candidates), "-o", str(output), "-rule", "staple", "-dask", scheduler]


def test_images_are_compared_as_on_one_machine(scheduler, tmp_path):
    data = write_atlases(tmp_path / "data", images=3)
    by_images = {"images": data / "images", "atlas_images": data / "warped"}  # features are judged there too
    for name, workers in (("here", 1), ("there", scheduler)):
        fuse_folder(Request([data / "candidates"], tmp_path / name, **by_images, workers=workers))
    assert contents(tmp_path / "here") == contents(tmp_path / "there")


def test_ranked_as_on_one_machine(scheduler, tmp_path):
    candidates = write_candidates(tmp_path / "c", images=6)
    for name, workers in (("here", 1), ("there", scheduler)):
        rank_folder(RankingRequest([candidates], tmp_path / name, workers=workers), str, no_progress)
    assert contents(tmp_path / "here") == contents(tmp_path / "there")
