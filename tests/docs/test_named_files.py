"""Scripts and tests that a page names are in the tree."""

import re
from pathlib import Path

import pytest

import nnunet_deepstaple

from .pages import DOCS

REPOSITORY = DOCS.parent
INSTALLED = Path(nnunet_deepstaple.__file__).parents[1]
"""Where the package is imported from: not the repository where a wheel is tested without the sources."""

PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md")),
    *REPOSITORY.glob("evidence/README.md"),  # a source distribution leaves it out
    *(path for path in DOCS.rglob("*.md") if not {"_build", "tables"} & set(path.parts)),
]
FILE = re.compile(r"\b(?:scripts|tests|nnunet_deepstaple)/[\w/]+\.(?:py|sh|json)\b")
TEST = re.compile(r"(?<![\w/])\w+/(?:\w+/)*test_\w+\.py\b")
MODULE = re.compile(r"python -m ((?:scripts|tests)(?:\.\w+)+)")


def files_named_by(page: Path) -> set[str]:
    """Paths in the repository; tests may be named from ``tests/`` on."""
    text = page.read_text(encoding="utf-8")
    tests = {path if path.startswith("tests/") else f"tests/{path}" for path in TEST.findall(text)}
    return set(FILE.findall(text)) | tests


def is_there(path: str) -> bool:
    return ((INSTALLED if path.startswith("nnunet_deepstaple/") else REPOSITORY) / path).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    assert {path for path in files_named_by(page) if not is_there(path)} == set()
    modules = {name.replace(".", "/") for name in MODULE.findall(page.read_text(encoding="utf-8"))}
    assert {
        name for name in modules if not any((REPOSITORY / name).with_suffix(end).exists() for end in (".py", ""))
    } == set()
