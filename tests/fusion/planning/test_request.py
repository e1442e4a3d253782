from pathlib import Path

import pytest

from nnunet_deepstaple.errors import InputError
from nnunet_deepstaple.fusion.planning.request import Request
from nnunet_deepstaple.fusion.rules.weighted import majority


def request(**options):
    return Request([Path("candidates")], Path("fused"), **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"rule": "simple"},
        {"rule": "staple", "disputed_only": True},
        {"rule": majority, "score": "dice"},
        {"score_files": [Path("scores.csv")], "weights": "power", "temperature": 0.0},
        {"weights": "paper"},
        {"ignore_below": 1.0, "part": (2, 3)},
    ],
)
def test_requests(options):
    request(**options).check()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rule": "vote"}, "-rule vote is not known; choose one of weighted, spectral, leave_one_out, majority"),
        ({"rule": "staple", "score_files": [Path("scores.csv")]}, "-rule staple uses no scores"),
        ({"rule": "simple", "weights": "power"}, "-rule simple uses no scores"),
        ({"disputed_only": True}, "--disputed_only is how -rule staple estimates"),
        ({"disputed_only": True, "rule": "simple"}, "--disputed_only is how -rule staple estimates"),
        ({"weights": "rank"}, "-weights rank is not known"),
        ({"weights": "paper", "temperature": 1.0}, "-weights paper has no temperature"),
        ({"temperature": float("nan")}, "-temperature nan is not possible"),
        ({"temperature": -1.0}, "-temperature -1 is not possible"),
        ({"ignore_below": 0.0}, "-ignore_below 0 is not a share"),
        ({"ignore_below": float("nan")}, "-ignore_below nan is not a share"),
        ({"workers": 0}, "-np 0 is not possible"),
        ({"part": (-1, 2)}, "-part_id -1 -num_parts 2 is not possible"),
        ({"part": (0, 0)}, "-part_id 0 -num_parts 0 is not possible"),
    ],
)
def test_requests_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        request(**options).check()
