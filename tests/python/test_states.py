"""Weights of every layer and states of every optimizer have MLX's names, shapes and dtypes, and go
through files whole.

Promises guarded: what `tests/tools/state_exchange.py names` recorded of real MLX for each layer
(quantized in every mode, recurrent, transformer, distributed) and each optimizer after three
steps; a layer that loads its file answers as before, an optimizer goes on with the same step. With
`save` by real MLX and `check` by this library, and the other way round, the same tool exchanged the
files themselves."""

import importlib.util
import json
import lzma
from pathlib import Path

import pytest

pytest.importorskip("mlx.core")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def exchange():
    spec = importlib.util.spec_from_file_location("exchange", ROOT / "tools" / "state_exchange.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_names_shapes_and_dtypes(exchange):
    want = json.loads(lzma.decompress((ROOT / "data" / "nn" / "states.json.xz").read_bytes()))
    have = exchange.names()
    assert have.keys() == want.keys()
    assert [k for k in want if have[k] != want[k]] == []


def test_through_files(exchange, tmp_path):
    exchange.save(tmp_path)
    wrong, count = exchange.check(tmp_path)
    assert wrong == [] and count == 300
