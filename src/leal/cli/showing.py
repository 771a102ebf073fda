"""How the command line speaks: results on standard output, everything else on standard error.

Tables are drawn for people at a terminal; piped, each row is one line with tabs between cells, so
nothing is cut off and other programs can read it.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from leal.domain.document_problems import DocumentError
from leal.domain.problems import BadRequest, Problem
from leal.settings import BadSetting
from leal.storage.db import CannotConnect
from leal.storage.embedded import EmbeddedUnavailable
from leal.storage.migrate import SchemaMismatch
from leal.storage.sealing import Unsealable
from leal.usecases.access import InvalidKey


class Mistake(Exception):  # noqa: N818 - the operator's, and theirs to mend
    """The command cannot be done as it was given; the message says what to do instead."""


_EXPECTED = (
    Mistake,
    BadSetting,
    CannotConnect,
    EmbeddedUnavailable,
    InvalidKey,
    Problem,
    SchemaMismatch,
    Unsealable,
)


class LealGroup(TyperGroup):
    """The root command: every expected error below it becomes a message and exit code 1."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override] # typer's own context class
        """Run the chosen command."""
        with _explained():
            return super().invoke(ctx)


def say(line: str) -> None:
    """Tell the person at the terminal something that is not the result."""
    _tell(Text(line))


def warn(line: str) -> None:
    """Tell the person at the terminal something they should not overlook."""
    _tell(Text(f"WARNING: {line}", style="bold red"))


def active_or(ended: str, at: datetime | None) -> str:
    """What a list says of a key or an account: that it is active, or since when it is not."""
    return "active" if at is None else f"{ended} {_cell(at)}"


def show_table(
    headers: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    whole: str | None = None,
    on_stderr: bool = False,
) -> None:
    """Show rows as a table, or as lines with tabs when nobody is watching.

    The column ``whole`` is never broken into lines, so that it can be copied.
    """
    stream = sys.stderr if on_stderr else sys.stdout
    if not stream.isatty():
        for row in rows:
            stream.write("\t".join(_cell(value) for value in row) + "\n")
        return
    table = Table(show_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", no_wrap=header == whole)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row))
    Console(stderr=on_stderr).print(table)


def _tell(text: Text) -> None:
    """Says it, unless nobody can hear it: that is no reason to end what goes on meanwhile."""
    with suppress(OSError):
        Console(stderr=True, soft_wrap=True).print(text)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except DocumentError as error:
        _show_problems(error)
        raise typer.Exit(1) from error
    except _EXPECTED as error:
        Console(stderr=True, soft_wrap=True).print(Text(f"leal: {_worded(error)}", style="red"))
        raise typer.Exit(1) from error


def _show_problems(error: DocumentError) -> None:
    rows = [
        (problem.path or "(document)", problem.wrong, problem.right) for problem in error.problems
    ]
    show_table(("where", "what is wrong", "what would be right"), rows, on_stderr=True)
    say(f"leal: {len(rows)} problem(s) in the document; mend them and run the command again")


def _worded(error: Exception) -> str:
    """An error's message; of a request that was put together wrongly, what is wrong in it."""
    if not isinstance(error, BadRequest):
        return str(error)
    return "; ".join(f"{what}: {wrong}" for what, wrong in error.details.items())


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return "" if value is None else " ".join(str(value).split())
