"""`leal jobs`: what background work ran when, how it went, and when the next round starts."""

from typing import Annotated

import msgspec
import typer

from leal.cli.connecting import Connected, connected
from leal.cli.showing import say, show_table
from leal.storage.jobs import LastRun, Queue, list_runs, load_queue

_MS = 1000


def jobs(
    program: Annotated[
        int | None, typer.Option("--program", help="Every program when left out.", min=1)
    ] = None,
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON instead of a table.")
    ] = False,
) -> None:
    """Show the last run of every kind of background work."""

    async def load(to: Connected) -> tuple[tuple[LastRun, ...], Queue]:
        return await list_runs(to.database, program), await load_queue(to.database)

    runs, queue = connected(load)
    if json:
        print(msgspec.json.encode({"queue": queue, "runs": runs}).decode())
        return
    _show(runs, queue)


def _show(runs: tuple[LastRun, ...], queue: Queue) -> None:
    headers = (
        "kind",
        "program",
        "started at",
        "duration",
        "done",
        "runs",
        "done in all",
        "failures",
        "next run",
    )
    show_table(headers, [_cells(run, queue) for run in runs])
    for run in runs:
        if run.failed_at is not None:
            failed_at = f"{run.failed_at:%Y-%m-%d %H:%M:%S}"
            say(f"{run.kind} of program {run.program_id} failed last at {failed_at}:")
            say(f"  {run.last_failure}; it is tried again every minute")
    if queue.next_round_at is None:
        say("no worker has run yet: start one with `leal serve` or `leal worker`")
    say(f"{queue.waiting} job(s) waiting, {queue.working} being worked on")


def _cells(run: LastRun, queue: Queue) -> tuple[object, ...]:
    kind = run.kind if run.part == 0 else f"{run.kind} ({run.part + 1})"
    return (
        kind,
        run.program_id,
        run.started_at,
        f"{run.duration_ms / _MS:.2f} s",
        run.done,
        run.runs,
        run.done_in_all,
        run.failures,
        queue.next_round_at,
    )
