"""`leal webhooks`: how receivers do, what they were told, and telling it again."""

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from leal.app import open_desk, open_outgoing
from leal.cli.connecting import Connected, connected
from leal.cli.program import ProgramId
from leal.cli.showing import Mistake, say, show_table
from leal.domain.webhooks import DeliveryState
from leal.settings import read_settings
from leal.storage.delivery_log import LogFilters, LoggedDelivery
from leal.usecases import deliveries as sending
from leal.usecases import webhooks as usecase
from leal.usecases.desk import Desk
from leal.usecases.webhooks import EVERYBODY, Progress, Standing, unwatched

app = typer.Typer(help="Look after webhooks and what they are told.", no_args_is_help=True)

_T = TypeVar("_T")

WebhookId = Annotated[int, typer.Argument(metavar="WEBHOOK", help="Its id.", min=1)]

_HEADERS = (
    "id",
    "topic",
    "address",
    "state",
    "failures",
    "next try at",
    "delivered",
    "waiting",
    "given up",
    "why paused",
)
_LOG_HEADERS = (
    "id",
    "webhook",
    "topic",
    "customer",
    "state",
    "tries",
    "last try at",
    "status",
    "ms",
    "answer",
    "next try at",
)
_ANSWER_CHARACTERS = 60


@app.command("list")
def list_all(program: ProgramId = None) -> None:
    """Print every webhook with how its receiver does."""

    async def load(desk: Desk, program_id: int) -> tuple[Standing, ...]:
        return await usecase.list_standing(desk, program_id, EVERYBODY)

    rows = _at_desk(program, load)
    show_table(_HEADERS, [_cells(each) for each in rows], whole="address")
    if not rows:
        say("there is no webhook yet: apps and programs make them with POST /v2/webhooks")


@app.command()
def deliveries(
    webhook: Annotated[
        int | None, typer.Argument(metavar="[WEBHOOK]", help="Every one's when left out.", min=1)
    ] = None,
    state: Annotated[
        DeliveryState | None, typer.Option(help="Only waiting, delivered or dead ones.")
    ] = None,
    program: ProgramId = None,
    *,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=1000)] = 50,
) -> None:
    """Print what was told, the newest first, with the last try of each."""

    async def load(desk: Desk, program_id: int) -> tuple[LoggedDelivery, ...]:
        filters = LogFilters(webhook_id=webhook, state=state)
        page = await usecase.list_log(desk, program_id, filters, before=None, limit=limit)
        return page.deliveries

    show_table(_LOG_HEADERS, [_log_cells(each) for each in _at_desk(program, load)])


@app.command()
def replay(
    webhook: WebhookId,
    program: ProgramId = None,
    *,
    since: Annotated[
        datetime | None, typer.Option(help="Everything since then, UTC: 2026-01-31T09:30:00.")
    ] = None,
    delivery: Annotated[int | None, typer.Option(help="Only this delivery.", min=1)] = None,
) -> None:
    """Tell a webhook again, under the same ids and with the same bytes; a worker sends it."""
    if (since is None) == (delivery is None):
        raise Mistake("say what is to be told again: give either --since or --delivery")

    async def tell_again(desk: Desk, program_id: int) -> int:
        if delivery is not None:
            found = await usecase.load_delivery(desk, program_id, delivery)
            if found.webhook_id != webhook:
                raise Mistake(f"delivery {delivery} is webhook {found.webhook_id}'s")
            await usecase.replay(desk, program_id, delivery, owner=EVERYBODY)
            return 1
        moment = (since or datetime.now(UTC)).replace(tzinfo=UTC)
        with _watched("deliveries told again") as progress:
            return await usecase.replay_since(
                desk, program_id, webhook, since=moment, owner=EVERYBODY, progress=progress
            )

    say(f"{_at_desk(program, tell_again)} delivery(s) will be told again by a worker")


@app.command("test")
def send_test(webhook: WebhookId, program: ProgramId = None) -> None:
    """Send a message that tells of nothing, and print what came of it."""

    async def send(desk: Desk, program_id: int) -> LoggedDelivery:
        made = await usecase.test(desk, program_id, webhook, owner=EVERYBODY)
        standing = await usecase.load(desk, program_id, webhook, owner=EVERYBODY)
        if standing.webhook.pause_reason is None:
            await sending.send(desk, program_id, webhook)
        return await usecase.load_delivery(desk, program_id, made.delivery_id)

    found = _at_desk(program, send)
    show_table(_LOG_HEADERS, [_log_cells(found)])
    if found.state is not DeliveryState.DELIVERED:
        say("it was not accepted yet: it is tried again, or once the webhook is resumed")
        raise typer.Exit(1)


@app.command()
def pause(webhook: WebhookId, program: ProgramId = None) -> None:
    """Tell a webhook nothing more for now; what comes meanwhile is kept."""

    async def change(desk: Desk, program_id: int) -> Standing:
        return await usecase.pause(desk, program_id, webhook, owner=EVERYBODY)

    waiting = _at_desk(program, change).counts.waiting
    say(f"webhook {webhook} is paused; {waiting} delivery(s) wait for `leal webhooks resume`")


@app.command()
def resume(webhook: WebhookId, program: ProgramId = None) -> None:
    """Tell a webhook again, also what it missed."""

    async def change(desk: Desk, program_id: int) -> Standing:
        return await usecase.resume(desk, program_id, webhook, owner=EVERYBODY)

    waiting = _at_desk(program, change).counts.waiting
    say(f"webhook {webhook} is told again; a worker sends {waiting} delivery(s)")


def _at_desk(program: int | None, work: Callable[[Desk, int], Awaitable[_T]]) -> _T:
    async def done(to: Connected) -> _T:
        settings = read_settings(os.environ)
        program_id = await to.choose_program(program)
        async with open_outgoing(settings) as outgoing:
            return await work(open_desk(to.database, settings, outgoing=outgoing), program_id)

    return connected(done)


def _cells(standing: Standing) -> tuple[object, ...]:
    found, counts = standing.webhook, standing.counts
    return (
        found.webhook_id,
        found.topic,
        found.address,
        found.state,
        found.failures,
        found.retry_at,
        found.delivered,
        counts.waiting,
        counts.dead,
        found.pause_reason,
    )


def _log_cells(found: LoggedDelivery) -> tuple[object, ...]:
    last = found.tries[0] if found.tries else None
    told = (last.error or last.snippet or "") if last else ""
    answer = " ".join((found.reason or told).split())[:_ANSWER_CHARACTERS]
    return (
        found.delivery_id,
        found.webhook_id,
        found.topic,
        found.customer_id,
        found.state,
        found.attempts,
        last and last.started_at,
        last and last.status,
        last and last.duration_ms,
        answer,
        found.due_at if found.state is DeliveryState.WAITING else None,
    )


@contextmanager
def _watched(what: str) -> Iterator[Progress]:
    """A bar for whoever sits at a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield unwatched
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
