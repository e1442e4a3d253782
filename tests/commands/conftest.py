import sys

import pytest

from nnunet_deepstaple.commands.fuse import main


@pytest.fixture
def fuse(monkeypatch, capsys):
    """Run ds_fuse in this process; gives exit status, stdout and stderr."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["ds_fuse", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code, *capsys.readouterr()

    return run
