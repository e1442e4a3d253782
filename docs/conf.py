"""The documentation site: ``make docs``. Pages are Markdown (MyST); the order of all pages stands in index.md."""

import sys
from pathlib import Path

from sphinx.application import Sphinx

import nnunet_deepstaple

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY))  # for scripts/, which is not installed

project = "nnunet-deepstaple"
author = copyright = "The nnunet-deepstaple contributors"
version = release = nnunet_deepstaple.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_argparse_cli"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"nnunet-deepstaple {version}"
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_show_sphinx = False

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def write_evidence(_: Sphinx) -> None:
    """Make the pages of the evidence, to which those of results/ link."""
    from scripts.evidence.pages import write_pages  # noqa: PLC0415 (found only now)
    from scripts.evidence.rows import read_evidence  # noqa: PLC0415

    write_pages(read_evidence(), REPOSITORY / "docs/results/tables")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("builder-inited", write_evidence)
