"""What DeepSTAPLE adds to an epoch of nnU-Net: the stock trainer and the variants, epoch by epoch in turn.

    python scripts/bench_training.py                                    generated data, small plans on a CPU
    python scripts/bench_training.py -d 701 -c 3d_fullres -device cuda  a planned dataset of yours, torch.compile on
    python scripts/bench_training.py -tr nnUNetTrainer nnUNetTrainerDeepSTAPLE -rounds 10

Each trainer lives in a process of its own, built and run by nnU-Net itself; the parent lets them train one epoch after
the other, round by round, so that whatever else the machine does meets all alike. An epoch is training, validation and
the epoch's end with its checkpoints and pictures. Ratios are to the first trainer in the same round. The shares are
taken in rounds of their own, because their clocks make a GPU wait. Results go to a temporary folder.
"""

import argparse
import contextlib
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nnunet_deepstaple.datasets.nnunet_folders import find_datasets, nnunet_folder
from nnunet_deepstaple.datasets.small_plans import SMALL
from nnunet_deepstaple.demo import story
from nnunet_deepstaple.errors import InputError, RunError
from nnunet_deepstaple.workflow.environment import environment_with
from nnunet_deepstaple.workflow.job import run_job, run_step
from nnunet_deepstaple.workflow.main_job import PYTHON
from nnunet_deepstaple.workflow.step import Step as Command

TRAINERS = (
    "nnUNetTrainer",
    "nnUNetTrainerDeepSTAPLE",
    "nnUNetTrainerDeepSTAPLE_twoPass",
    "nnUNetTrainerDeepSTAPLE_inLine",
)
PARTS = {
    "statistics": ("_see",),
    "second pass": ("_forward_again",),
    "θ and log": ("_scorer.learn_now", "_scorer.end_epoch", "_scorer.write_scores", "_log_series"),
}
"""The trainers' own methods that DeepSTAPLE's share of an epoch consists of; a trainer may lack some."""

WARM_UP = 1
"""Rounds before the measurement: compiling, cuDNN's choices, first reading of the files."""


@dataclass(frozen=True)
class Job:
    """What every trainer is measured with."""

    dataset: str
    configuration: str
    plans: str
    device: str
    iterations: int
    val_iterations: int
    rounds: int
    share_rounds: int

    @property
    def epochs(self) -> int:
        return WARM_UP + self.rounds + self.share_rounds


@dataclass(frozen=True)
class Epoch:
    """One epoch of one trainer: its seconds, and the seconds of each part (:data:`PARTS`) where they were clocked."""

    seconds: float
    parts: dict[str, float]


@dataclass
class Runner:
    """A trainer's process, seen from the parent."""

    name: str
    process: multiprocessing.process.BaseProcess
    connection: Connection
    about: str = ""
    epochs: list[Epoch] = field(default_factory=list)
    clocked: list[Epoch] = field(default_factory=list)
    megabytes: float = 0

    def ask(self, request: str) -> Any:
        """Send a request and wait for the answer.

        Raises:
            SystemExit: the process failed or died.
        """
        try:
            self.connection.send(request)
            answer = self.connection.recv()
        except (EOFError, BrokenPipeError) as error:
            self.process.join()
            raise SystemExit(f"{self.name} ended with status {self.process.exitcode}") from error
        if isinstance(answer, BaseException):
            raise SystemExit(f"{self.name} failed:\n{answer}")
        return answer


# In a trainer's process


class Finished(Exception):  # noqa: N818 (no error)
    """Ends nnU-Net's loop over the epochs."""


class Clocks:
    """Seconds spent in methods of a trainer, by part; they wait for the device, so they run only when asked to."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self.running = False
        self.seconds: dict[str, float] = defaultdict(float)
        self._wait = wait

    def attach(self, trainer: Any) -> None:
        """Clock every method of :data:`PARTS` that the trainer has."""
        for part, methods in PARTS.items():
            for method in methods:
                *path, name = method.split(".")
                owner = getattr(trainer, path[0], None) if path else trainer
                if hasattr(owner, name):
                    setattr(owner, name, self._clocked(part, getattr(owner, name)))

    def _clocked(self, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*arguments: Any, **named: Any) -> Any:
            if not self.running:
                return method(*arguments, **named)
            self._wait()
            start = time.perf_counter()
            result = method(*arguments, **named)
            self._wait()
            self.seconds[part] += time.perf_counter() - start
            return result

        return clocked


def work(connection: Connection, name: str, job: Job, log: Path) -> None:
    """Train, one epoch at each request; what nnU-Net prints goes to ``log``."""
    with log.open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        _train(connection, name, job)
    except Exception:
        connection.send(RuntimeError(traceback.format_exc()))


def _train(connection: Connection, name: str, job: Job) -> None:
    import numpy as np  # noqa: PLC0415 (the parent stays small, for a process inherits its parent's peak memory)
    import torch  # noqa: PLC0415
    from nnunetv2.run.run_training import get_trainer_from_args  # noqa: PLC0415

    cuda = job.device == "cuda"
    wait = torch.cuda.synchronize if cuda else lambda: None
    torch.set_num_threads(1 if cuda else multiprocessing.cpu_count())  # as nnUNetv2_train does
    torch.backends.cudnn.benchmark = cuda
    torch.manual_seed(2022)
    np.random.seed(2022)  # noqa: NPY002 (nnU-Net's data loaders draw from it)
    trainer = get_trainer_from_args(job.dataset, job.configuration, 0, name, job.plans, device=torch.device(job.device))
    trainer.num_iterations_per_epoch, trainer.num_val_iterations_per_epoch = job.iterations, job.val_iterations
    clocks = Clocks(wait)
    on_train_start, on_epoch_start, on_epoch_end = trainer.on_train_start, trainer.on_epoch_start, trainer.on_epoch_end
    start = 0.0

    def begin_training() -> None:
        on_train_start()
        if trainer.num_epochs < job.epochs:
            raise ValueError(f"the trainer has {trainer.num_epochs} epochs, the bench needs {job.epochs}")
        clocks.attach(trainer)
        connection.recv()
        connection.send(_about(trainer))

    def begin_epoch() -> None:
        nonlocal start
        request = connection.recv()
        if request == "finish":
            raise Finished
        clocks.running = request == "clocked epoch"
        clocks.seconds.clear()
        start = time.perf_counter()
        on_epoch_start()

    def end_epoch() -> None:
        on_epoch_end()
        wait()
        connection.send(Epoch(time.perf_counter() - start, dict(clocks.seconds)))

    trainer.on_train_start, trainer.on_epoch_start, trainer.on_epoch_end = begin_training, begin_epoch, end_epoch
    with contextlib.suppress(Finished):
        trainer.run_training()
    trainer.on_train_end()
    peak = torch.cuda.max_memory_allocated() / 2**20 if cuda else _peak_of_process()
    connection.send(peak)


def _about(trainer: Any) -> str:
    import torch  # noqa: PLC0415

    configuration = trainer.configuration_manager
    device = torch.cuda.get_device_name() if trainer.device.type == "cuda" else f"{multiprocessing.cpu_count()} CPUs"
    patch = " × ".join(map(str, configuration.patch_size))
    compiled = "torch.compile" if trainer._do_i_compile() else "not compiled"
    return (
        f"{device}, torch {torch.__version__}, {compiled}; patch {patch}, batch {configuration.batch_size}, "
        f"{trainer.num_iterations_per_epoch} + {trainer.num_val_iterations_per_epoch} iterations"
    )


def _peak_of_process() -> float:
    """Peak memory in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# In the parent


def measure(names: Sequence[str], job: Job, folder: Path) -> list[Runner]:
    """Let the trainers train in turn; another one begins each round."""
    with running(names, job, folder) as runners:
        for number in range(job.epochs):
            first = number % len(runners)
            clocked = number >= WARM_UP + job.rounds
            for runner in runners[first:] + runners[:first]:
                epoch = runner.ask("clocked epoch" if clocked else "epoch")
                if number >= WARM_UP:
                    (runner.clocked if clocked else runner.epochs).append(epoch)
                print(f"round {number + 1}/{job.epochs}  {epoch.seconds:7.2f} s  {runner.name}", file=sys.stderr)
        for runner in runners:
            runner.megabytes = runner.ask("finish")
    return runners


@contextlib.contextmanager
def running(names: Sequence[str], job: Job, folder: Path) -> Iterator[list[Runner]]:
    """Processes of the trainers, ready for their first epoch, one after the other.

    They start in reverse, so that a dataset without splits gets those of a DeepSTAPLE trainer, which suit all.
    """
    context = multiprocessing.get_context("spawn")
    runners: list[Runner] = []
    try:
        for name in reversed(names):
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(theirs, name, job, folder / f"{name}.log"))
            process.start()
            theirs.close()
            runners.insert(0, Runner(name, process, ours))
            runners[0].about = runners[0].ask("begin")
        yield runners
    finally:
        for runner in runners:
            runner.connection.close()
            runner.process.join(10)
            runner.process.terminate()
            runner.process.join()


def table(runners: Sequence[Runner]) -> None:
    print(f"\n{runners[0].about}; rounds: {len(runners[0].epochs)}\n")
    row("trainer", "epoch s", "× first", "spread", "peak MB", *PARTS)
    row("---", *["---:"] * (4 + len(PARTS)))
    first = [epoch.seconds for epoch in runners[0].epochs]
    for runner in runners:
        seconds = [epoch.seconds for epoch in runner.epochs]
        ratios = [own / other for own, other in zip(seconds, first, strict=True)]
        spread = f"{min(ratios):.2f}–{max(ratios):.2f}"
        shares = [_share(runner.clocked, part) for part in PARTS]
        row(
            runner.name,
            f"{statistics.median(seconds):.2f}",
            f"{statistics.median(ratios):.3f}",
            spread,
            f"{runner.megabytes:.0f}",
            *shares,
        )


def _share(epochs: Sequence[Epoch], part: str) -> str:
    """Median share of a part in an epoch; empty where the trainer has no such part."""
    shares = [epoch.parts[part] / epoch.seconds for epoch in epochs if part in epoch.parts]
    return f"{statistics.median(shares):.1%}" if shares else ""


def row(name: str, *columns: str) -> None:
    print("| " + " | ".join([f"{name:32s}", *(f"{column:>11s}" for column in columns)]) + " |", flush=True)


# Data


def generate(folder: Path, configuration: str, features: Sequence[int]) -> None:
    """Generate, prepare and plan a dataset with the commands of the demo; nnU-Net's folders are in ``folder``."""
    variables = environment_with(story.settings(folder, "cpu"))
    run_step(story.generation(folder), folder, variables)
    prepare, *_ = story.steps(folder, "cpu")
    plan = f"nnUNetv2_plan_and_preprocess -d 701 -c {configuration} -npfp 2 -np 2"
    shrink = f"{PYTHON} -m nnunet_deepstaple.commands.shrink_plans 701 -c {configuration} -features"
    commands = [
        prepare,
        Command("plan", "Plan and preprocess it", plan.split()),
        Command("shrink", "Make small plans too", [*shrink.split(), *map(str, features)]),
    ]
    run_job(commands, folder, variables)
    os.environ.update(nnUNet_raw=str(folder / "nnUNet_raw"), nnUNet_preprocessed=str(folder / "nnUNet_preprocessed"))


def overlay(folder: Path, number: int) -> None:
    """A preprocessed folder whose dataset is that of the user's, by links: what training adds to it stays here."""
    preprocessed = nnunet_folder("nnUNet_preprocessed")
    datasets = [dataset for dataset in find_datasets(number) if dataset.parent == preprocessed]
    if not datasets:
        raise InputError(f"{preprocessed} has no dataset {number}; run nnUNetv2_plan_and_preprocess first")
    linked = folder / "preprocessed" / datasets[0].name
    linked.mkdir(parents=True)
    for path in datasets[0].iterdir():
        (linked / path.name).symlink_to(path.resolve())
    os.environ.update(nnUNet_preprocessed=str(linked.parent))


def environment(folder: Path, device: str) -> None:
    """Results in the temporary folder; on a CPU, nothing that works beside the trainer whose turn it is."""
    (folder / "results").mkdir()
    os.environ.update(nnUNet_results=str(folder / "results"), nnUNet_wandb_enabled="0")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if device == "cpu":
        os.environ.setdefault("nnUNet_n_proc_DA", "0")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("-tr", nargs="+", default=TRAINERS, metavar="TRAINER", help="by class name; stock first")
    arguments.add_argument("-d", type=int, metavar="ID", help="a planned dataset (default: generate one)")
    arguments.add_argument("-c", default="3d_fullres", metavar="CONFIGURATION", help="default: 3d_fullres")
    arguments.add_argument("-p", metavar="PLANS", help="default: nnUNetPlans; small ones of generated data on a CPU")
    arguments.add_argument("-device", choices=("cpu", "cuda"), default="cpu", help="default: cpu")
    arguments.add_argument("-rounds", type=int, default=7, help="rounds that are measured (7)")
    arguments.add_argument("-share_rounds", type=int, default=2, help="further rounds, for the shares (2)")
    arguments.add_argument("-iterations", type=int, default=250, help="training iterations per epoch (250)")
    arguments.add_argument("-val_iterations", type=int, default=50, help="validation iterations per epoch (50)")
    arguments.add_argument(
        "-features", type=int, nargs="+", default=[32, 64, 128], help="features of the small plans (32 64 128)"
    )
    given = arguments.parse_args()
    generated = given.d is None
    job = Job(
        dataset="701" if generated else str(given.d),
        configuration=given.c,
        plans=given.p or (SMALL if generated and given.device == "cpu" else "nnUNetPlans"),
        device=given.device,
        iterations=given.iterations,
        val_iterations=given.val_iterations,
        rounds=given.rounds,
        share_rounds=given.share_rounds,
    )
    with tempfile.TemporaryDirectory() as work_folder:
        folder = Path(work_folder)
        try:
            if generated:
                generate(folder, job.configuration, given.features)
            else:
                overlay(folder, given.d)
            environment(folder, job.device)
            table(measure(given.tr, job, folder))
        except (InputError, RunError) as error:
            raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
