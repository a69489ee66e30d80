# Written by tools/opgen.py from src/ops/ and python/src/; do not edit.
from collections.abc import Sequence
from typing import Any, Literal

from mlx.core import Dtype, StreamOrDevice, array, bfloat16, float32, int32, scalar

