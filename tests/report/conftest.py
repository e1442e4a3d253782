import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
"""No sandbox, since tests may run as root; and no talk to the internet, which may be out of reach."""


PATIENCE = 120_000
"""Milliseconds; a busy machine is no reason to fail."""


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Any]:
    """A page of a new browser; what its scripts complain of fails the test."""
    if CHROMIUM is None:
        pytest.skip("no Chromium or Chrome on the PATH; apt-get install chromium")
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=[*QUIET, "--disable-component-update"]
        )
        opened = browser.pages[0]
        opened.set_default_timeout(PATIENCE)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        opened.on("request", lambda one: complaints.append(one.url) if one.url.startswith("http") else None)
        yield opened
        browser.close()
    assert not complaints
