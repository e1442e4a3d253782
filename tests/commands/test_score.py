"""ds_score as its users run it."""

import hashlib
import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from nnunet_deepstaple.scoring.data_parameters import DataParameterSettings
from nnunet_deepstaple.scoring.replay import Replay
from nnunet_deepstaple.scoring.score import score as score_table
from nnunet_deepstaple.scoring.scores import Scores, merge_scores, read_scores
from nnunet_deepstaple.scoring.tally import Tally
from nnunet_deepstaple.scoring.visit_log import VisitLog, append_epoch, create_visit_log

from ..conftest import DATASET, SCORED
from ..nnunet_runs import Workspace
from ..scoring.visits import LABELS, TRAIN, VAL, visit_log, write_log
from .fuse_runs import assert_refused, contents

RUN_SETTINGS = DataParameterSettings(learning_rate=0.05)


@pytest.fixture(autouse=True)
def current_folder(tmp_path, monkeypatch):
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def fold(tmp_path):
    """Fold folder with a log of five epochs."""
    log = visit_log(epochs=5)
    log.settings = RUN_SETTINGS
    return write_log(tmp_path / "results/Dataset701_Mine/Trainer__nnUNetPlans__2d/fold_0", log)


@pytest.fixture
def other_fold(tmp_path):
    """Fold folder whose validation cases are training cases of the first, and the other way round."""
    log = visit_log(epochs=3)
    log.train, log.val = [*VAL, *TRAIN[:2]], TRAIN[2:]
    return write_log(tmp_path / "results/Dataset701_Mine/Trainer__nnUNetPlans__2d/fold_1", log)


def written(path) -> dict[str, dict[str, float]]:
    """Table by column and case, to the decimals of the file."""
    scores = read_scores(path)
    return {column: pytest.approx(scores.column(column), nan_ok=True, abs=1e-7) for column in scores.columns}


def expected(log: VisitLog, **options) -> Scores:
    return score_table(log, Replay.of(log, replace(RUN_SETTINGS, **options)).data_parameters)


def columns(scores: Scores) -> dict[str, dict[str, float]]:
    return {column: scores.column(column) for column in scores.columns}


# What it does


def test_a_fold(score, fold, current_folder):
    status, output, errors = score("-i", fold)
    assert status == 0, errors
    assert columns(expected(visit_log())) == written(current_folder / "scores.csv")
    assert output.splitlines() == [
        "visits      90 of 1 fold",
        "cases       6: 4 train, 2 val",
        "options     those of the training",
        "written     scores.csv",
        "            scores.json",
        "next        ds_fuse -i $nnUNet_raw/Dataset701_Mine/labelsTr -s scores.csv -o fused",
    ]


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        (["-learning_rate", "0.02"], {"learning_rate": 0.02}),
        (["-initial_value", "-0.5"], {"initial_value": -0.5}),
        (["-clamp", "0.15"], {"clamp": 0.15}),
        (["-warm_up", "2"], {"warm_up": 2}),
        (["-baseline", "running"], {"baseline": "running"}),
        (["--no_fixed_weighting"], {"fixed_weighting": False}),
        (["--no_risk_regularisation"], {"risk_regularisation": False}),
        (
            ["-learning_rate", "1", "--no_fixed_weighting", "-clamp", "3"],
            {"learning_rate": 1.0, "fixed_weighting": False, "clamp": 3.0},
        ),
    ],
)
def test_options_of_the_data_parameters(score, fold, arguments, changed):
    status, output, errors = score("-i", fold, *arguments)
    assert status == 0, errors
    own, new = columns(expected(visit_log())), columns(expected(visit_log(), **changed))
    assert new == written(Path("scores.csv")) != own
    assert own | {"data_parameter": new["data_parameter"]} == written(Path("scores.csv"))
    assert "-s scores.csv -score data_parameter" in output
    record = json.loads(Path("scores.json").read_text(encoding="utf-8"))
    assert record["options"] == changed
    assert record["logs"][0]["settings"] == asdict(replace(RUN_SETTINGS, **changed))


def test_the_last_part(score, fold):
    assert score("-i", fold, "-last_part", 0.4)[0] == 0
    late = visit_log(epochs=5)
    late.visits = late.visits[late.visits["epoch"] >= 3]
    scores = score_table(late, Replay.of(late, RUN_SETTINGS).data_parameters, Tally.of(late, last_part=1))
    assert columns(scores) == written(Path("scores.csv"))


def test_folds_are_merged_per_case(score, fold, other_fold):
    """Each replayed with the settings of its own run."""
    status, output, errors = score("-i", fold, other_fold)
    assert status == 0, errors
    assert "visits      144 of 2 folds" in output
    assert "cases       6: 2 train, 4 both" in output
    second = visit_log(epochs=3)
    second.train, second.val = [*VAL, *TRAIN[:2]], TRAIN[2:]
    scores = merge_scores([expected(visit_log()), score_table(second, Replay.of(second).data_parameters)])
    assert columns(scores) == written(Path("scores.csv"))
    settings = [log["settings"] for log in json.loads(Path("scores.json").read_text(encoding="utf-8"))["logs"]]
    assert [each["learning_rate"] for each in settings] == [0.05, 0.1]


def test_the_log_itself_will_do(score, fold):
    score("-i", fold, "-o", "of_folder.csv")
    assert score("-i", fold / "visits.gz", "-o", "of_file.csv")[0] == 0
    assert columns(read_scores(Path("of_folder.csv"))) == written(Path("of_file.csv"))


def test_what_was_done_is_recorded(score, fold, current_folder):
    score("-i", fold, "-last_part", 0.6, "-o", "new/late.csv")
    record = json.loads((current_folder / "new/late.json").read_text(encoding="utf-8"))
    log = fold / "visits.gz"
    assert record["options"] == {"last_part": 0.6}
    assert record["logs"] == [
        {
            "file": str(log),
            "sha256": hashlib.sha256(log.read_bytes()).hexdigest(),
            "epochs": 5,
            "visits": 90,
            "settings": asdict(RUN_SETTINGS),
        }
    ]
    assert record["notes"] == []
    assert {"nnunet_deepstaple", "numpy"} <= record.keys()
    assert sorted(contents(current_folder)) == ["new/late.csv", "new/late.json"]


def test_a_log_cut_off_in_mid_write(score, fold, tmp_path):
    log = visit_log(epochs=4)
    log.settings = RUN_SETTINGS
    shorter = write_log(tmp_path / "shorter", log)
    cut = fold / "visits.gz"
    lost = (len(cut.read_bytes()) - len((shorter / "visits.gz").read_bytes())) // 2
    cut.write_bytes(cut.read_bytes()[:-lost])
    score("-i", shorter, "-o", "shorter.csv")
    status, output, errors = score("-i", fold, "-o", "cut.csv")
    assert (status, errors) == (0, "")
    assert columns(read_scores(Path("shorter.csv"))) == written(Path("cut.csv"))
    notes = [line.removeprefix("note").strip() for line in output.splitlines() if line.startswith("note")]
    assert len(notes) == 1
    assert f"{cut} breaks off in the middle of a record" in notes[0]
    assert "the end of epoch 3" in notes[0]
    assert json.loads(Path("cut.json").read_text(encoding="utf-8"))["notes"] == notes


def test_cases_not_visited_late_are_told(score, fold):
    log = visit_log(epochs=1)
    log.visits["epoch"] = 5
    append_epoch(fold / "visits.gz", log.visits[log.visits["case"] != 1])
    status, output, _ = score("-i", fold, "-last_part", 0.1)
    assert status == 0
    assert "note        1 of 6 cases were not visited in the epochs that count, such as 'a__2'" in output
    assert Path("scores.csv").read_text(encoding="utf-8").splitlines()[2] == "a__2,a,2,train,0,,,,,,"


def test_starting_imports_neither_torch_nor_nnunet(fold):
    script = (
        "import sys, atexit, time\n"
        "atexit.register(lambda: print(time.process_time(), *sorted(sys.modules), file=sys.stderr))\n"
        "from nnunet_deepstaple.commands.score import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script, "-i", fold], check=True, capture_output=True, encoding="utf-8")
    seconds, *modules = done.stderr.split()
    assert not {"torch", "nnunetv2", "scipy", "skimage", "pandas"} & set(modules)
    assert float(seconds) < 2  # half a second where nothing else runs


@pytest.mark.slow
def test_a_real_training_replayed(score, trained: tuple[Workspace, str]):
    """With its own settings: its own table."""
    workspace, configuration = trained
    folder = workspace.fold(DATASET, configuration, SCORED)
    status, _, errors = score("-i", folder)
    assert status == 0, errors
    own, again = read_scores(folder / "scores.csv"), read_scores(Path("scores.csv"))
    assert again.splits == own.splits
    assert again.columns == own.columns
    for column in own.columns:
        assert again.column(column) == pytest.approx(own.column(column), abs=1e-6, nan_ok=True)


# What it refuses


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-learning_rate", "0"], ["-learning_rate 0", "above 0"]),
        (["-learning_rate", "nan"], ["-learning_rate nan"]),
        (["-initial_value", "inf"], ["-initial_value inf"]),
        (["-clamp", "-1"], ["-clamp -1", "above 0"]),
        (["-warm_up", "-1"], ["-warm_up -1"]),
        (["-warm_up", "5"], ["fold_0/visits.gz", "-warm_up 5", "5 epochs"]),
        (["-initial_value", "3", "-clamp", "2"], ["-initial_value 3", "-clamp 2"]),
        (["-last_part", "0"], ["-last_part 0"]),
        (["-last_part", "1.5"], ["-last_part 1.5", "up to 1"]),
        (["-o", "scores.txt"], ["-o scores.txt", ".csv"]),
    ],
)
def test_options_that_cannot_be(score, fold, current_folder, arguments, words):
    assert_refused(score("-i", fold, *arguments), current_folder / "scores.csv", *words)
    assert contents(current_folder) == {}


def test_a_folder_without_log(score, fold, current_folder):
    """The folder above the folds: the folds are named."""
    (fold / "visits.gz").rename(fold / "elsewhere.gz")
    outcome = score("-i", fold)
    assert_refused(
        outcome, current_folder / "scores.csv", fold / "visits.gz", "the fold folder of a DeepSTAPLE training"
    )
    (fold / "elsewhere.gz").rename(fold / "visits.gz")
    assert_refused(score("-i", fold.parent), current_folder / "scores.csv", f"give {fold} with -i")


def test_no_such_file(score, tmp_path, current_folder):
    assert_refused(score("-i", tmp_path / "none"), current_folder / "scores.csv", tmp_path / "none", "does not exist")


def test_no_visit_log(score, fold, current_folder):
    (fold / "visits.gz").write_text("404 not found")
    assert_refused(score("-i", fold), current_folder / "scores.csv", fold / "visits.gz", "not a visit log")


def test_a_log_without_visits(score, tmp_path, current_folder):
    create_visit_log(tmp_path / "visits.gz", VisitLog.empty(TRAIN, VAL, LABELS, RUN_SETTINGS))
    outcome = score("-i", tmp_path / "visits.gz")
    assert_refused(outcome, current_folder / "scores.csv", "visits.gz has no visits yet")


def test_folds_of_different_labels(score, fold, tmp_path, current_folder):
    log = visit_log()
    log.labels = log.labels[::-1]
    other = write_log(tmp_path / "other", log)
    outcome = score("-i", fold, other)
    words = (other / "visits.gz", "posterior, anterior", "anterior, posterior")
    assert_refused(outcome, current_folder / "scores.csv", *words)


def test_a_fold_given_twice(score, fold, current_folder):
    outcome = score("-i", fold, fold / "visits.gz")
    assert_refused(outcome, current_folder / "scores.csv", fold / "visits.gz", "twice")


# What it never replaces


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("default", [True, False])
def test_the_trainers_own_table(score, fold, monkeypatch, there, default):
    if there:
        (fold / "scores.csv").write_text("the trainer's")
    before = contents(fold)
    monkeypatch.chdir(fold if default else fold.parent)
    outcome = score("-i", fold) if default else score("-i", fold, "-o", "fold_0/scores.csv")
    assert_refused(outcome, fold / "none", "scores.csv is where the trainer writes its own scores")
    assert contents(fold) == before
    assert score("-i", fold, "-o", fold / "other.csv")[0] == 0


@pytest.mark.parametrize("name", ["dataset.csv", "dataset.json"])
def test_a_file_that_ds_score_did_not_write(score, fold, current_folder, name):
    (current_folder / name).write_text("{}")
    status, _, errors = score("-i", fold, "-o", "dataset.csv")
    assert status == 2
    assert f"error: {name} is there already" in errors
    assert contents(current_folder) == {name: b"{}"}


def test_its_own_result_is_replaced(score, fold):
    score("-i", fold)
    before = read_scores(Path("scores.csv"))
    assert score("-i", fold, "-learning_rate", 1)[0] == 0
    assert read_scores(Path("scores.csv")) != before
    assert json.loads(Path("scores.json").read_text(encoding="utf-8"))["options"] == {"learning_rate": 1.0}


def test_a_folder_as_output(score, fold, current_folder):
    (current_folder / "new.csv").mkdir()
    status, _, errors = score("-i", fold, "-o", "new.csv")
    assert status == 2
    assert "new.csv is a folder; name a file, such as new.csv/scores.csv" in errors


def test_an_output_that_cannot_be_written(score, fold):
    (fold / "file").touch()
    before = contents(fold)
    status, _, errors = score("-i", fold, "-o", fold / "file/new.csv")
    assert status == 2
    assert f"{fold / 'file'} cannot be written" in errors
    assert contents(fold) == before
