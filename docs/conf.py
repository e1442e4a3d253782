"""The documentation site: ``make docs``. Pages are Markdown (MyST); the order of all pages stands in index.md."""

from pathlib import Path

from sphinx.application import Sphinx

import nnunet_deepstaple

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


def entitle(_: Sphinx, name: str, source: list[str]) -> None:
    """Give what lies beside the pages of results/, and is reached by their links alone, a title where it has none."""
    if name.startswith("results/") and not name.startswith("results/pages/"):
        title = f"# {Path(name).name.replace('_', ' ').capitalize()}\n\n" if source[0].startswith("|") else ""
        source[0] = f"---\norphan: true\n---\n\n{title}{source[0]}"


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", entitle)
