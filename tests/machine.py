"""What a machine may lack: marks that skip a test, and say what is missing."""

import os
import signal
from pathlib import Path

import pytest

kills = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="ends processes by SIGKILL, which Windows has not")
takes_rights_away = pytest.mark.skipif(
    not hasattr(os, "setuid"), reason="takes rights away by chmod and setuid, which Windows has not"
)
limits_files = pytest.mark.skipif(os.name != "posix", reason="limits the size of files, which Windows cannot")

GIVE_UP_ROOT = "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)"
"""Python after which root may not read and write everything."""

EVIDENCE = Path(__file__).resolve().parents[1] / "evidence"
NO_EVIDENCE = "no evidence/, which a source distribution leaves out"
needs_evidence = pytest.mark.skipif(not EVIDENCE.is_dir(), reason=NO_EVIDENCE)

HIPPOCAMPUS = Path(os.environ.get("HIPPOCAMPUS", Path(__file__).resolve().parents[2] / "shared/data/hippocampus"))
NO_HIPPOCAMPUS = f"no hippocampus data in {HIPPOCAMPUS}; $HIPPOCAMPUS names their folder"
