import sys

import pytest

from nnunet_deepstaple.commands import fuse as ds_fuse
from nnunet_deepstaple.commands import rank as ds_rank
from nnunet_deepstaple.commands import report as ds_report
from nnunet_deepstaple.commands import score as ds_score


@pytest.fixture
def fuse(monkeypatch, capsys):
    """Run ds_fuse in this process; gives exit status, stdout and stderr."""
    return runner("ds_fuse", ds_fuse.main, monkeypatch, capsys)


@pytest.fixture
def score(monkeypatch, capsys):
    """Run ds_score in this process; gives exit status, stdout and stderr."""
    return runner("ds_score", ds_score.main, monkeypatch, capsys)


@pytest.fixture
def report(monkeypatch, capsys):
    """Run ds_report in this process; gives exit status, stdout and stderr."""
    return runner("ds_report", ds_report.main, monkeypatch, capsys)


@pytest.fixture
def rank(monkeypatch, capsys):
    """Run ds_rank in this process; gives exit status, stdout and stderr."""
    return runner("ds_rank", ds_rank.main, monkeypatch, capsys)


def runner(name, main, monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return run
