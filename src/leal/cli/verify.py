"""`leal verify`: prove that the books are right, or say what is wrong and what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from leal.cli.connecting import Connected, connected
from leal.cli.showing import say, show_table
from leal.usecases import verification
from leal.usecases.verification import WHAT_NEXT, Progress, Report, Violation, unwatched


def verify(
    program: Annotated[
        int | None, typer.Option("--program", help="Every program when left out.", min=1)
    ] = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON instead of a table.")
    ] = False,
) -> None:
    """Check that every customer's points add up; exit code 1 when anything does not.

    Only reads, and can run beside a serving leal.
    """

    async def check(to: Connected) -> Report:
        with _watched() as progress:
            return await verification.verify(to.database, program_id=program, progress=progress)

    report = connected(check)
    if json:
        print(msgspec.json.encode(_summary(report)).decode())
    else:
        _show(report)
    if not report.is_clean:
        raise typer.Exit(1)


@contextmanager
def _watched() -> Iterator[Progress]:
    """A bar for whoever sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    columns = (
        TextColumn("customers checked"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)

        def update(checked: int, total: int) -> None:
            bar.update(task, completed=checked, total=total)

        yield update


def _show(report: Report) -> None:
    if report.is_clean:
        say(f"{report.customers} customer(s) checked: everything adds up")
        return
    headers = ("invariant", "program", "customer", "merchant id", "expected", "found")
    show_table(headers, [_cells(each) for each in report.violations])
    total = sum(report.counts.values())
    if total > len(report.violations):
        say(f"only the first {len(report.violations)} are listed")
    say(f"leal: {report.customers} customer(s) checked, {total} violation(s)")
    for invariant, count in report.counts.items():
        say(f"{invariant} ({count}): {WHAT_NEXT[invariant]}.")


def _cells(violation: Violation) -> tuple[object, ...]:
    finding = violation.finding
    return (
        violation.invariant,
        violation.program_id,
        finding.customer_id,
        finding.merchant_id,
        finding.expected,
        finding.found,
    )


def _summary(report: Report) -> dict[str, object]:
    return {
        "clean": report.is_clean,
        "customers": report.customers,
        "counts": dict(report.counts),
        "violations": [
            {
                "invariant": each.invariant,
                "program_id": each.program_id,
                "customer_id": each.finding.customer_id,
                "merchant_id": each.finding.merchant_id,
                "expected": each.finding.expected,
                "found": each.finding.found,
                "what_next": each.what_next,
            }
            for each in report.violations
        ],
    }
