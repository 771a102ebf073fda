"""`leal audit`: what was done by hand, and by whom."""

from typing import Annotated

import typer

from leal.cli.connecting import Connected, connected
from leal.cli.showing import say, show_table
from leal.domain.deeds import Action
from leal.storage.audit import Filters
from leal.usecases.audit import Listed, list_entries


def audit(  # noqa: PLR0917 - options: typer passes them by name
    program: Annotated[
        int | None, typer.Option(help="Only of this program; 0: of none, such as sign-ins.", min=0)
    ] = None,
    action: Annotated[
        Action | None, typer.Option(help="Only this.", metavar="ACTION", show_choices=False)
    ] = None,
    before: Annotated[int | None, typer.Option(help="Only what came before this entry.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
) -> None:
    """List the audit log, the newest first."""
    filters = Filters(program_id=program, action=action, before=before)

    async def load(to: Connected) -> Listed:
        if program:
            await to.choose_program(program)
        return await list_entries(to.database, filters, limit=limit)

    listed = connected(load)
    if not listed.entries:
        say("nothing like this was noted")
    rows = [
        (
            each.id,
            each.created_at,
            each.program_id or "",
            f"{each.actor.kind} {each.actor.id} {each.actor.name}",
            each.action,
            f"{each.about or ''} {each.about_id or ''}",
            " ".join(f"{name}={value}" for name, value in each.facts.items()),
            each.actor.request_id,
        )
        for each in listed.entries
    ]
    show_table(("entry", "at", "program", "who", "what", "about", "facts", "request"), rows)
    if listed.more:
        say(f"there is more: --before {listed.entries[-1].id}")
