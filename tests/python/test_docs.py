"""The Python that README and the guides show runs as it stands, a page at a time, and the API's
pages can be written from what is checked in."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "docs/quickstart.md", "docs/coming-from.md")


@pytest.mark.parametrize("page", PAGES)
def test_snippets_run(page):
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)
    assert blocks
    done = subprocess.run([sys.executable, "-c", "\n".join(blocks)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_api_pages(tmp_path):
    subprocess.run([sys.executable, ROOT / "tools/apidoc.py", tmp_path], check=True)
    core = (tmp_path / "mlx.core.rst").read_text()
    assert ".. py:function:: add(" in core and ".. py:class:: array" in core
    assert ":: int mlx_add(" in (tmp_path / "c-ops.rst").read_text()
