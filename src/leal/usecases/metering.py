"""What use cases tell whoever counts: things that leave no row behind, or none that says how often.

What is in the database is counted there (`usecases.figures`).
"""

from typing import Protocol


class Meter(Protocol):
    """Counts; never fails and never waits."""

    def stale_save(self) -> None:
        """A change came to nothing because somebody else was faster, and is decided again."""
        ...

    def claim(self, kind: str, outcome: str) -> None:
        """Somebody tried to claim a reward of a kind; `outcome` is "claimed" or why not."""
        ...


class SilentMeter:
    """Counts nothing."""

    def stale_save(self) -> None:
        """Nothing."""

    def claim(self, kind: str, outcome: str) -> None:
        """Nothing."""
