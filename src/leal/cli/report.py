"""`leal report`: what became of a program's points, from the ledger."""

import os
import sys
from datetime import date, datetime
from typing import Annotated

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leal.api.own.views import report, report_csv
from leal.app import open_desk
from leal.cli.connecting import Connected, connected
from leal.cli.program import ProgramId
from leal.cli.showing import Mistake, show_table
from leal.settings import read_settings
from leal.usecases import reports
from leal.usecases.reports import COLUMNS, MAX_DAYS, DayReport, Period, Report

app = typer.Typer(help="Reports from the ledger.", no_args_is_help=True)

_BAR_CHARACTERS = 12
_HEADERS = ("start", "earned", "reversed", "redeemed", "reimbursed", "expired", "end", "+/-")
"""The columns at a terminal, where width is dear: start and end are what is outstanding then."""


@app.command()
def points(
    program: ProgramId = None,
    *,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day; 30 days when left out."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help="The last day; today when left out."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Points earned, reversed, redeemed, expired and outstanding, day by day."""
    if json and csv:
        raise Mistake("choose one of --json and --csv")

    async def load(to: Connected) -> Report:
        program_id = await to.choose_program(program)
        desk = open_desk(to.database, read_settings(os.environ))
        period = _period(first, last, today=await reports.today(desk, program_id))
        return await reports.report_points(desk, program_id, period=period)

    found = connected(load)
    if json:
        print(msgspec.json.encode(report(found)).decode())
    elif csv:
        sys.stdout.write(report_csv(found))
    else:
        _show(found)


def _period(first: datetime | None, last: datetime | None, *, today: date) -> Period:
    until = last.date() if last else today
    since = first.date() if first else reports.last_days(until).first
    if since > until:
        raise Mistake(f"--from {since} is after --to {until}: choose days the other way round")
    period = Period(first=since, last=until)
    if period.days > MAX_DAYS:
        raise Mistake(f"{period.days} days are too many: ask for at most {MAX_DAYS} at once")
    return period


def _show(found: Report) -> None:
    if not sys.stdout.isatty():
        show_table(("day", *COLUMNS), [(each.day, *_numbers(each)) for each in found.days])
        return
    table = Table(show_edge=False, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(f"day, {found.timezone}", no_wrap=True)
    for header in _HEADERS:
        table.add_column(header, justify="right", no_wrap=True)
    table.add_column("outstanding", min_width=_BAR_CHARACTERS, no_wrap=True)
    most = max((abs(each.outstanding_end) for each in found.days), default=0)
    for each in found.days:
        table.add_row(str(each.day), *_cells(each), _bar(each.outstanding_end, most))
    table.add_section()
    table.add_row("in all", *_cells(found.totals))
    Console().print(table)


def _numbers(row: DayReport) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COLUMNS)


def _cells(row: DayReport) -> tuple[str, ...]:
    return tuple(f"{number:,}" if number else "·" for number in _numbers(row))


def _bar(points: int, most: int) -> Text:
    """A bar as long as its share of the largest; debts are red."""
    length = round(_BAR_CHARACTERS * abs(points) / most) if most else 0
    return Text("▇" * length, style="red" if points < 0 else "green")
