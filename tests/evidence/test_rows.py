import argparse
from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from scripts.evidence import rows as module
from scripts.evidence.rows import (
    Measured,
    Name,
    add_output_option,
    add_rows,
    differences,
    fold,
    means_by_seed,
    named,
    read_evidence,
    read_rows,
    tables,
    write_results,
)

SIMPLE = Name("rules", "given", "", "rule=SIMPLE", "", "Dice")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Evidence of its own."""
    monkeypatch.setattr(module, "RESULTS", tmp_path / "results.csv.gz")
    return tmp_path / "new"


def test_each_number_of_a_table_is_a_row(folder):
    p = 9.094947017729282e-12
    add_rows(
        "rules",
        [{"set": "given", "rule": "SIMPLE", "Dice": 0.1 + 0.2, "p": p, "SD": float("nan")}],
        ["rule"],
        "c",
        folder,
    )
    assert (folder / "rules.csv").read_text(encoding="utf-8").splitlines() == [
        "experiment,set,image,way,seed,metric,value,command",
        "rules,given,,rule=SIMPLE,,Dice,0.30000000000000004,c",
        "rules,given,,rule=SIMPLE,,p,9.094947017729282e-12,c",
    ]
    assert read_rows(folder)[SIMPLE] == Measured("0.30000000000000004", "c")
    assert tables(read_rows(folder), "rules") == {"given": [{"rule": "SIMPLE", "Dice": 0.1 + 0.2, "p": p}]}


def test_a_number_with_the_same_name_is_replaced_and_others_stay(folder):
    for rule, dice in (("SIMPLE", 0.5), ("STAPLE", 0.6), ("SIMPLE", 0.7)):
        add_rows("rules", [{"set": "given", "rule": rule, "Dice": dice}], ["rule"], "c", folder)
    assert tables(read_rows(folder), "rules") == {
        "given": [{"rule": "SIMPLE", "Dice": 0.7}, {"rule": "STAPLE", "Dice": 0.6}]
    }


def test_new_rows_stand_before_the_table_and_are_folded_into_it(folder):
    write_results(named("rules", [{"set": "given", "rule": "SIMPLE", "Dice": 0.5, "SD": 0.1}], ["rule"], "c"))
    add_rows("rules", [{"set": "given", "rule": "SIMPLE", "Dice": 0.7}], ["rule"], "c", folder)
    before = read_evidence(folder)
    assert tables(before, "rules") == {"given": [{"rule": "SIMPLE", "Dice": 0.7, "SD": 0.1}]}
    assert fold(folder) == 1
    assert not list(folder.iterdir())
    assert read_evidence(folder) == before
    first = module.RESULTS.read_bytes()
    write_results(before)
    assert module.RESULTS.read_bytes() == first


def test_several_ways_and_names_with_equals_signs_come_back(folder):
    add_rows(
        "scores",
        [{"score": "θ: t = 1", "pass": "second", "Dice": 1}, {"score": "x", "pass": "", "Dice": 2}],
        ["score", "pass"],
        "c",
        folder,
    )
    assert tables(read_rows(folder), "scores")[""] == [
        {"score": "θ: t = 1", "pass": "second", "Dice": 1},
        {"score": "x", "Dice": 2},
    ]


def test_images_of_a_training_are_summed_up_by_seed(folder):
    lines = [
        {"row": "GAP", "seed": seed, "image": image, "Dice": dice}
        for seed, image, dice in ((0, "a", 0.5), (0, "b", 0.7), (1, "a", 0.9))
    ]
    add_rows("networks", [*lines, {"row": "GAP", "Dice": 0.75}], ["row"], "c", folder)
    evidence = read_rows(folder)
    assert tables(evidence, "networks") == {"": [{"row": "GAP", "Dice": 0.75}]}
    assert means_by_seed(evidence, "networks") == {
        "": [
            {"row": "GAP", "seed": "0", "images": 2, "Dice": pytest.approx(0.6)},
            {"row": "GAP", "seed": "1", "images": 1, "Dice": 0.9},
        ]
    }


@pytest.mark.parametrize(
    ("value", "recorded", "same"),
    [
        ("0.71321", "0.7132", True),
        ("0.71326", "0.7132", False),
        ("3.14e-10", "3.1e-10", True),
        ("3.2e-10", "3.1e-10", False),
        ("0.7132090000001", "0.713209", True),
        ("SIMPLE", "SIMPLE", True),
        ("SIMPLE", "STAPLE", False),
    ],
)
def test_numbers_are_compared_in_the_digits_that_were_recorded(value, recorded, same):
    found = differences({SIMPLE: Measured(value, "")}, {SIMPLE: Measured(recorded, "")})
    assert found == ({} if same else {SIMPLE: (value, recorded)})


def test_a_number_that_was_not_recorded_is_a_difference():
    assert differences({SIMPLE: Measured("1", "")}, {}) == {SIMPLE: ("1", None)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n", r"rules.csv is no table of results; its first line"),
        ("experiment,set,image,way,seed,metric,value,command\na,b\n", r"rules.csv, line 2, has 2 columns instead of 8"),
    ],
)
def test_another_file_is_refused(folder, text, message):
    folder.mkdir()
    (folder / "rules.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_rows(folder)


def test_the_command_tells_no_folder_of_this_machine(folder, monkeypatch):
    monkeypatch.setattr("sys.argv", ["sweep.py", "-data", str(Path.cwd() / "hippocampus"), "-o", "out"])
    add_rows("rules", [{"Dice": 1.0}], folder=folder)
    (row,) = read_rows(folder).values()
    assert row.command.endswith(" -data hippocampus -o out")


def test_rows_go_to_the_evidence_unless_told_otherwise():
    arguments = argparse.ArgumentParser()
    add_output_option(arguments)
    assert arguments.parse_args([]).o == module.NEW
