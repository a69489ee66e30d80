"""The examples run and learn. The programs of the article are run with their text as it is.

Promises guarded: the MLP's losses are real MLX's within 1e-4 for 50 steps, the CNN's for 5, then no
farther off than real MLX's own are when its weights move by 1e-7; the MLP reaches 96 % on the
held-out fifth of the digits in 20 epochs, the CNN 97 % in 6; the CNN's own training loop lowers its
loss; a loss that is not finite stops training; IDX files are read, damaged ones refused; the loader
gives every image once."""

import gzip
import importlib.util
import json
import runpy
import struct
import sys
from pathlib import Path

import pytest

import mlx.core as mx

TESTS = Path(__file__).resolve().parent.parent
EXAMPLES = TESTS.parent / "examples" / "python"


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    yield
    for name in ("data", "show", "digits"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def recorded():
    return json.loads((TESTS / "data" / "training.json").read_text())


def training():
    path = TESTS / "tools" / "make_training_data.py"
    spec = importlib.util.spec_from_file_location("training", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mlp_follows_mlx(recorded):
    run = training()
    assert run.apart(run.losses("mlp", 50), recorded["mlp"]) < 1e-4


def test_cnn_follows_mlx(recorded):
    run = training()
    losses = run.losses("cnn", 20)
    assert run.apart(losses[:5], recorded["cnn"][:5]) < 1e-4
    for i in range(6, 21):
        spread = max(run.apart(moved[:i], recorded["cnn"][:i]) for moved in recorded["moved"])
        assert run.apart(losses[:i], recorded["cnn"][:i]) < spread


def test_cnn_learns_the_digits():
    import data
    import digits

    parts = data.split(*data.digits(), seed=0)
    _, _, accuracies = digits.train("cnn", parts, 6, say=lambda line: None)
    assert accuracies[-1] >= 0.97


def test_runaway_training_stops():
    import show

    assert show.finite(0.5, 1) == 0.5
    for loss in (float("nan"), float("inf")):
        with pytest.raises(FloatingPointError, match="at step 7: training has diverged"):
            show.finite(loss, 7)


def test_mlp_learns_the_digits():
    import data
    import digits

    parts = data.split(*data.digits(), seed=0)
    assert parts[0].shape == (1438, 28, 28, 1) and parts[3].shape == (359,)
    _, losses, accuracies = digits.train("mlp", parts, 20, say=lambda line: None)
    assert losses[-1] < losses[0] / 10 and max(accuracies[-5:]) >= 0.96


def test_cnn_as_it_stands():
    import data

    images, labels = data.digits()

    class Watched(data.data_loader):
        epochs = 0

        def __iter__(self):
            Watched.epochs += 1
            return super().__iter__()

    loader = Watched(images[:32], labels[:32], 16)
    mx.random.seed(0)
    found = runpy.run_path(str(EXAMPLES / "cnn.py"), init_globals={"data_loader": loader})
    assert Watched.epochs == 10
    after = found["loss_fn"](found["model"], images[:32], labels[:32]).item()
    assert after < 2.0 and found["loss"].item() < 2.0


def test_loader_gives_everything_once():
    import data

    loader = data.data_loader(mx.arange(10), mx.arange(10), batch_size=4)
    first, second = ([x.tolist() for x, _ in loader] for _ in range(2))
    assert [len(b) for b in first] == [4, 4, 2] == [len(b) for b in second] and len(loader) == 3
    assert sorted(sum(first, [])) == list(range(10)) == sorted(sum(second, []))
    assert first != second


def test_idx_files(tmp_path):
    import data

    pixels = bytes(range(24))
    raw = b"\0\0\x08\x03" + struct.pack(">3I", 2, 3, 4) + pixels
    for name, content in (("plain", raw), ("packed.gz", gzip.compress(raw))):
        (tmp_path / name).write_bytes(content)
        assert data.read_idx(tmp_path / name).tolist() == mx.arange(24).reshape(2, 3, 4).tolist()
    for damaged in (b"", b"\0\0\x08", raw[:6], raw[:-1], b"\0\0\x0d" + raw[3:]):
        (tmp_path / "bad").write_bytes(damaged)
        with pytest.raises(ValueError):
            data.read_idx(tmp_path / "bad")
