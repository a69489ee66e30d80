"""Every operation that multiplies, convolves, attends, quantizes, transforms or factors: its gradients,
tangents, and vmap."""

import pytest
from rules_products import ROWS
from rules_table import cases

CASES = dict(cases(ROWS, "products"))


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    CASES[name]()
