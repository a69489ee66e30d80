"""Every elementwise operation: its gradients, tangents, and vmap."""

import pytest
from rules_elementwise import ROWS
from rules_table import cases

CASES = dict(cases(ROWS, "elementwise"))


@pytest.mark.parametrize("name", CASES)
def test_rule(name):
    CASES[name]()
