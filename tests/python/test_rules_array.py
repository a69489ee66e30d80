"""Every operation that moves, selects, orders or reduces elements: its gradients, tangents, and vmap."""

import pytest
from rules_array import ROWS
from rules_table import cases

CASES = dict(cases(ROWS, "array"))


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    CASES[name]()
