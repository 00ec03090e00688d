"""How long the random tests look."""

import os

from hypothesis import settings

DEPTH = int(os.environ.get("GTM_TEST_DEPTH", "1"))
"""How many times as many examples as usual; above 1 they differ from run to run."""


def deep(examples):
    return settings(max_examples=examples * DEPTH, derandomize=DEPTH == 1)
