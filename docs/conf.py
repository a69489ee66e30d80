"""Sphinx configuration. `./dev docs` builds the library, so that autodoc can import mlx.nn, writes
the pages of mlx.core and of the C API with tools/apidoc.py, and calls sphinx-build."""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "tools"))

import apidoc  # noqa: E402

project = "cmlx"
author = "the cmlx authors"
copyright = "2026, the cmlx authors"
release = re.search(r"project\(\s*\w+\s+VERSION\s+([0-9.]+)",
                    (ROOT / "CMakeLists.txt").read_text()).group(1)
version = release

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"cmlx {release}"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
add_module_names = False
python_display_short_literal_types = True
python_maximum_signature_line_length = 88
c_maximum_signature_line_length = 88
# C's names of the headers that its own standard has.
nitpicky = False

apidoc.write(ROOT, HERE / "api")
