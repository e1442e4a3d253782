"""The documentation site: built without a warning, whole, and with nothing fetched from elsewhere."""

import re
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from ..machine import needs_evidence
from .pages import DOCS

NEEDED = ("sphinx", "furo", "myst_parser", "sphinx_argparse_cli")
LACKING = [name for name in NEEDED if find_spec(name) is None]

pytestmark = [
    pytest.mark.skipif(bool(LACKING), reason=f"{', '.join(LACKING)} not installed; the extra [docs] has it"),
    needs_evidence,
]

FETCHED = re.compile(r"<(?:link|script|img|iframe)\b[^>]*?(?:href|src)=\"((?:https?:)?//[^\"]*)")

IN_STYLES = re.compile(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]*)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", DOCS, folder]
    built = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_every_page_is_there(site: Path) -> None:
    pages = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md") if "_build" not in path.parts}
    assert {path for path in pages if not (site / path).is_file()} == set()


def test_every_command_is_described(site: Path) -> None:
    text = (site / "reference/commands.html").read_text(encoding="utf-8")
    commands = {script.name for script in entry_points(group="console_scripts") if script.name.startswith("ds_")}
    assert {command for command in commands if f"<h2>{command}<" not in text} == set()


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = [*site.rglob("*.html")]
    fetched = {url for page in pages for url in FETCHED.findall(page.read_text(encoding="utf-8"))}
    styles = {url for path in site.rglob("*.css") for url in IN_STYLES.findall(path.read_text(encoding="utf-8"))}
    assert (fetched, styles) == (set(), set())
