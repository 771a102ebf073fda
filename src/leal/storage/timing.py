"""How long statements took, added up for whoever wants to know: a request, say."""

from contextvars import ContextVar
from typing import Final


class Spent:
    """Seconds spent waiting for the database; of statements beside one another, all are added."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0


SPENT: Final[ContextVar[Spent | None]] = ContextVar("leal_database_seconds", default=None)
"""Whose seconds the statements of this task are; None: nobody adds them up."""


def count_from_here() -> Spent:
    """Add up what this task, and the tasks that it starts, wait for from now on."""
    spent = Spent()
    SPENT.set(spent)
    return spent
