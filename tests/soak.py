"""How often properties are tried: a bounded number in every run, many more by `make soak`."""

import os

import pytest


def examples(usual: int, *, soak: int) -> int:
    """So many tries of a property: `soak` when the environment has LEAL_SOAK, else `usual`."""
    return soak if os.environ.get("LEAL_SOAK") else usual


ONLY_SOAKED = pytest.mark.skipif(
    not os.environ.get("LEAL_SOAK"), reason="takes minutes: see `make faults` and `make soak`"
)
"""Marks what is too slow, or too much at the mercy of a busy machine, for every run."""
