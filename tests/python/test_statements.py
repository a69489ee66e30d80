"""Programs give, statement by statement, what MLX gives (tests/python/programs).

Promise guarded: how arrays meet Python: what stands for an array, a shape, an axis, a file or a
stream; what may be asked of an array; what each wrong use raises. Differences that are meant stand
in tests/data/differences.tsv, family `statements`. `pytest -s` prints how many statements ran."""

import json
import lzma

import pytest

mx = pytest.importorskip("mlx.core")
pytest.importorskip("numpy")
from test_differential import DATA, ULP_OF_TOP, meant, same  # noqa: E402

import statements  # noqa: E402

LIMIT = (ULP_OF_TOP, 64)


def agree(want, have):
    printed = [a.pop("printed", "") for a in (want, have)]
    return printed[0] == printed[1] and same(want, have, LIMIT)


@pytest.mark.parametrize("name", statements.names())
def test_program(name):
    recorded = json.loads(lzma.decompress((DATA / "python" / "statements.json.xz").read_bytes()))[name]
    wrong, excused = [], 0
    for (text, have), (known, want) in zip(statements.run(mx, name), recorded, strict=True):
        assert text == known, "the recorded answers are those of another program"
        have.pop("text", None)
        if want is None or agree(want, have):
            continue
        if meant("statements", text, want, have):
            excused += 1
        else:
            wrong.append(f"{text}\n    MLX  {want}\n    here {have}")
    print(f"{name}: {len(recorded)} statements, {excused} meant differences")
    assert not wrong, f"{len(wrong)} of {len(recorded)}:\n" + "\n".join(wrong[:40])
