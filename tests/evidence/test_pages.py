from scripts.evidence.pages import markdown, write_pages
from scripts.evidence.rows import named

TRANSFER = [
    {"set": name, "family": "all", "Dice": 0.8, "− STAPLE": 0.05, "− SIMPLE": 0.02} for name in ("given", "other")
]


def test_columns_are_those_of_all_rows_and_small_numbers_keep_their_digits():
    rows = [{"rule": "STAPLE", "Dice": 0.76207, "seeds": 1}, {"rule": "new", "p": 9.1e-12, "− STAPLE": -0.0004}]
    assert markdown(rows).splitlines() == [
        "| rule | Dice | seeds | p | − STAPLE |",
        "| --- | --- | --- | --- | --- |",
        "| STAPLE | 0.7621 | 1 |  |  |",
        "| new |  |  | 9.1e-12 | -4.0e-04 |",
    ]


def test_each_experiment_has_a_page_with_its_sets_commands_and_figures(tmp_path):
    evidence = named("transfer", TRANSFER, ["family"], "python -m x") | named(
        "rules", [{"set": "a, b", "Dice": 1}], [], "c"
    )
    write_pages(evidence, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rules.md", "transfer.md", "transfer.png"]
    text = (tmp_path / "transfer.md").read_text(encoding="utf-8")
    for part in (
        "# Transfer\n",
        "    python -m x\n",
        "\n## given\n",
        "\n## other\n",
        "](transfer.png)",
        "| all | 0.8000 |",
    ):
        assert part in text


def test_rows_without_a_set_and_bars_in_names_do_no_harm(tmp_path):
    write_pages(named("rules", [{"rule": "a|b", "Dice": 0.5}], ["rule"], "c"), tmp_path)
    text = (tmp_path / "rules.md").read_text(encoding="utf-8")
    assert "##" not in text
    assert "| a\\|b | 0.5000 |" in text


def test_what_is_gone_from_the_evidence_is_gone_from_the_pages(tmp_path):
    write_pages(named("transfer", TRANSFER, ["family"], "c"), tmp_path)
    write_pages(named("rules", [{"set": "given", "Dice": 1}], [], "c"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["rules.md"]
