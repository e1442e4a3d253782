import math

import pytest

from scripts.evidence.rows import add_rows, read_rows
from scripts.experiments.judged_networks import JudgedNetwork, network_rows, networks_table, read_networks


def network(*dice):
    images = "uvw"[: len(dice)]
    return JudgedNetwork(dict(zip(images, dice, strict=True)), dict.fromkeys(images, 1.5))


def test_networks_are_remembered_from_run_to_run(tmp_path):
    assert read_networks(read_rows(tmp_path), "second_network") == {}
    first, second = {("ORACLE", 0): network(0.8, 0.9)}, {("ORACLE", 1): network(0.7, 0.8)}
    for networks in (first, second):
        add_rows("second_network", network_rows(networks), ["row"], "c", tmp_path)
    assert read_networks(read_rows(tmp_path), "second_network") == first | second


def test_a_volume_may_be_missing(tmp_path):
    unknown = {("GAP", 0): JudgedNetwork({"u": 0.5}, {"u": math.nan})}
    add_rows("second_network", network_rows(unknown), ["row"], "c", tmp_path)
    assert math.isnan(read_networks(read_rows(tmp_path), "second_network")["GAP", 0].volume["u"])


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
