"""Calling merchants' servers in bulk: one that does not answer holds up the others only briefly."""

from collections import Counter
from typing import Final

CALLS_AT_ONCE: Final = 4
"""So many calls of a program run at the same moment; so many a host is asked at once at most."""

CALLS_IN_A_RUN: Final = 1_000
"""After so many it is the turn of other work; the rest is found due again."""

_TRIES: Final = 5


class Patience:
    """Which servers are still worth a call in this run: not those that failed five times in a row.

    The rest of what such a server has to hear waits for a later run.
    """

    def __init__(self) -> None:
        self._failures = Counter[int]()

    def has(self, server: int) -> bool:
        """Whether to call it."""
        return self._failures[server] < _TRIES

    def note(self, server: int, *, answered: bool) -> None:
        """Remembers how a call went."""
        self._failures[server] = 0 if answered else self._failures[server] + 1
