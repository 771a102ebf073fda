"""How often properties are tried: a bounded number in every run, many more by `make soak`."""

import os


def examples(usual: int, *, soak: int) -> int:
    """So many tries of a property: `soak` when the environment has LEAL_SOAK, else `usual`."""
    return soak if os.environ.get("LEAL_SOAK") else usual
