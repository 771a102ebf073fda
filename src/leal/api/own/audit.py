"""The audit log over HTTP, and the deeds that this API's operations are noted as."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from leal.api.http import Reply, json_response, request_id
from leal.api.ids import MAX_JSON_INTEGER, one, whole_number
from leal.api.operations import Operation, Parameter
from leal.api.own.requests import LIMIT, Call, Serve, limit_of, option
from leal.api.own.shape_parts import ID, STRING, TIME, enum, listed, nullable, or_null, whole
from leal.api.own.views import Json, instant
from leal.domain.deeds import Action, ActorKind, Deed, Fact, Subject
from leal.storage.audit import Entry, Filters
from leal.usecases import audit
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

NO_FACTS: Final[Mapping[str, Fact]] = {}

LIST_AUDIT: Final = Operation(
    name="audit.list",
    method="GET",
    path="/leal/v1/audit",
    summary="What was done by hand in this program, and by whom, the newest first",
    scope=Scope.WRITE_CONFIGURATION,
    query=(
        LIMIT,
        Parameter(
            name="cursor",
            meaning="From an answer's `cursor.next`: the older entries",
            schema={"type": "string"},
        ),
        Parameter(name="action", meaning="Only this action", schema={"type": "string"}),
        Parameter(
            name="actor", meaning="Only by this kind of actor", schema={"enum": list(ActorKind)}
        ),
        Parameter(
            name="about", meaning="Only about this kind of thing", schema={"enum": list(Subject)}
        ),
        Parameter(name="about_id", meaning="Only about this one", schema={"type": "string"}),
    ),
)
ENTRIES: Final = whole(
    {
        "entries": listed(
            whole(
                {
                    "id": ID,
                    "created_at": TIME,
                    "actor": whole({"kind": enum(*ActorKind), "id": STRING, "name": STRING}),
                    "request_id": or_null(STRING),
                    "action": STRING,
                    "about": nullable(whole({"kind": STRING, "id": or_null(STRING)})),
                    "facts": {"type": "object"},
                }
            )
        ),
        "cursor": whole({"next": or_null(STRING)}),
    }
)


def rows(desk: Desk) -> tuple[tuple[Operation, Serve], ...]:
    """Every operation on the log with what serves it."""
    return ((LIST_AUDIT, _Serves(desk).list_entries),)


def deed(
    call: Call,
    action: Action,
    *,
    about: tuple[Subject, int | None] | None = None,
    facts: Mapping[str, Fact] = NO_FACTS,
) -> Deed:
    """What a call does by hand."""
    by = audit.actor(call.caller, request_id=request_id(call.request))
    kind, about_id = about or (None, None)
    return Deed(by=by, action=action, about=kind, about_id=about_id, facts=facts)


@dataclass(frozen=True, slots=True)
class _Serves:
    """One method an operation."""

    desk: Desk

    async def list_entries(self, call: Call) -> Reply:
        request = call.request
        limit = limit_of(request)
        filters = Filters(
            program_id=call.caller.program_id,
            before=whole_number(
                request, "cursor", default=None, minimum=1, maximum=MAX_JSON_INTEGER
            ),
            action=one(request, "action"),
            actor_kind=option(request, "actor", tuple(ActorKind)),
            about=option(request, "about", tuple(Subject)),
            about_id=one(request, "about_id"),
        )
        found = await audit.list_entries(self.desk.database, filters, limit=limit)
        document = {
            "entries": [_entry(each) for each in found.entries],
            "cursor": {"next": str(found.entries[-1].id) if found.more else None},
        }
        return json_response(msgspec.json.encode(document))


def _entry(entry: Entry) -> Json:
    actor = entry.actor
    return {
        "id": entry.id,
        "created_at": instant(entry.created_at),
        "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name},
        "request_id": actor.request_id,
        "action": entry.action,
        "about": entry.about and {"kind": entry.about, "id": entry.about_id},
        "facts": entry.facts,
    }
