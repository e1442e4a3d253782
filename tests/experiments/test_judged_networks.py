import math

import pytest

from nnunet_deepstaple.errors import InputError
from scripts.experiments.judged_networks import JudgedNetwork, networks_table, read_networks, remember


def network(*dice):
    images = "uvw"[: len(dice)]
    return JudgedNetwork(dict(zip(images, dice, strict=True)), dict.fromkeys(images, 1.5))


def test_networks_are_remembered_from_run_to_run(tmp_path):
    path = tmp_path / "table"
    assert read_networks(path) == {}
    first = {("ORACLE", 0): network(0.8, 0.9)}
    assert remember(first, path) == first
    second = {("ORACLE", 1): network(0.7, 0.8)}
    assert remember(second, path) == first | second == read_networks(path)
    assert (tmp_path / "table_images.md").is_file()


def test_a_volume_may_be_missing(tmp_path):
    (tmp_path / "table_images.csv").write_text('row,seed,image,Dice,"volume, × true"\nGAP,0,u,0.5,\n', encoding="utf-8")
    assert math.isnan(read_networks(tmp_path / "table")["GAP", 0].volume["u"])


def test_another_file_is_refused(tmp_path):
    (tmp_path / "table_images.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"table_images.csv is no file of judged networks"):
        read_networks(tmp_path / "table")


def test_rows_are_compared_over_the_seeds_they_share():
    networks = {
        ("STAPLE", 0): network(0.5, 0.6, 0.7),
        ("new", 0): network(0.6, 0.8, 0.7),
        ("new", 1): network(0.9, 0.9, 0.9),
        ("ORACLE", 0): network(1.0, 1.0, 1.0),
    }
    oracle, new, staple = networks_table(networks, {"new": (0.75, 1.2)})
    assert [line["row"] for line in (oracle, new, staple)] == ["ORACLE", "new", "STAPLE"]
    assert new["test Dice"] == pytest.approx((0.7 + 0.9) / 2)
    assert new["% of ORACLE"] == pytest.approx(70)
    assert new["− STAPLE"] == pytest.approx(0.1)
    assert (new["labels' Dice"], new["labels' volume, × true"], new["test volume, × true"]) == (0.75, 1.2, 1.5)
    assert "− STAPLE" not in staple
    assert math.isnan(staple["labels' Dice"])
