"""The code blocks of the documentation's pages."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def code_blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block of a page that has a language, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(r"^```(bash|python)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def script(page: str) -> str:
    """All blocks of a page as one script for bash, so that what one of them exports serves the next."""
    here = {"bash": "{}", "python": "python - <<'PYTHON'\n{}PYTHON\n"}
    return "".join(here[language].format(text) for language, text in code_blocks(page))
