from scripts.experiments.common.tables import markdown, write_tables

ROWS = [{"rule": "STAPLE", "Dice": 0.76207, "seeds": 1}, {"rule": "new", "Dice": float("nan"), "p": "1e-3"}]


def test_columns_are_those_of_all_rows_and_missing_values_are_empty(tmp_path):
    write_tables(ROWS, tmp_path / "deep/table")
    assert (tmp_path / "deep/table.csv").read_text(
        encoding="utf-8"
    ) == "rule,Dice,seeds,p\nSTAPLE,0.7621,1,\nnew,,,1e-3\n"
    assert markdown(ROWS).splitlines()[2] == "| STAPLE | 0.762 | 1 |  |"
    assert (tmp_path / "deep/table.md").is_file()
