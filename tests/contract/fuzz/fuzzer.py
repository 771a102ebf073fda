"""Drives schemathesis over a document that a world serves, and tells what it found."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import schemathesis
from schemathesis import engine
from schemathesis.engine import events
from starlette.types import Receive, Scope, Send

from tests.worlds import World

SEED = 20_250_610
THINNED = 4
MEANT_FOR_OTHERS = ("Idempotency-Key",)
"""Headers that the fuzzer leaves out.

A key would come again and again with another body, which is refused for that alone: what keys do
is tried for every operation in `test_idempotency`.
"""
SAME_IN_THE_QUERY = "X-LoyaltyLion-"
"""The place of a call may come in these headers instead of the query, of which a schema cannot say
that one of both is needed. The fuzzer uses the query, where `channel` is required then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer that is not what the document says."""

    check: str
    operation: str
    phase: str
    message: str
    again: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.check} | {self.operation} [{self.phase}]\n{self.message}\n{self.again}\n"


@dataclass(slots=True)
class Report:
    """What was asked, how it was answered, and what was wrong with that."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    operations: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def found(self) -> set[tuple[str, str]]:
        """Checks that failed, with the operations at which they did."""
        return {(each.check, each.operation) for each in self.findings}


def fuzz(world: World, prefix: str, *, tries: int, whole: bool) -> Report:
    """Asks for every operation below `prefix`, with the tenant's own key.

    First each parameter and member is as in the examples, at its edges and just beyond them, then
    come `tries` random requests. They are the same in every run; unless it is to be the `whole`, of
    those at the edges only a part.
    """
    config = schemathesis.Config.from_dict(_config(world.tenant.key, tries))
    schema = schemathesis.openapi.from_dict(_document(world, prefix), config=config)
    if not whole:
        _thin(schema)
    schema.app = _Served(world)
    report = Report()
    for event in engine.from_schema(schema).execute():
        match event:
            case events.ScenarioFinished():
                _note(report, event)
            case events.NonFatalError() | events.FatalError():
                report.failures.append(str(event))
    return report


@dataclass(frozen=True, slots=True)
class _Served:
    """A world as an ASGI app for the fuzzer, whose requests come one at a time."""

    world: World

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        body = (await receive())["body"]
        query = scope["query_string"].decode("latin-1")
        path = scope["raw_path"].decode("latin-1") + (f"?{query}" if query else "")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        asked = self.world.answer(scope["method"], path, headers=headers, body=body)
        # the world has an event loop of its own
        answer = await asyncio.to_thread(self.world.run, asked)
        raw = [
            (name.encode("latin-1"), text.encode("latin-1"))
            for name, text in answer.headers.items()
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})


def _config(key: str, tries: int) -> dict[str, Any]:
    return {
        "seed": SEED,
        "continue-on-failure": True,
        "headers": {"Authorization": f"Bearer {key}"},
        "output": {"sanitization": {"enabled": False}},
        "generation": {
            "max-examples": tries,
            "deterministic": True,
            "database": "none",
            "no-shrink": True,
            # credentials are right or left out, by the check of ignored ones
            "with-security-parameters": False,
        },
        "checks": {
            # A schema cannot say everything: that a cursor must come from a list, that one day
            # must not be after another, that a number has at most 19 digits. What is refused for
            # such a reason is tested at its operation, and that examples are accepted below.
            "positive_data_acceptance": {"enabled": False},
        },
        "phases": {"examples": {"enabled": False}, "stateful": {"enabled": False}},
    }


def _document(world: World, prefix: str) -> dict[str, Any]:
    """The document that is served, with what the fuzzer would waste its tries on taken out."""
    document: dict[str, Any] = world.get(f"{prefix}/openapi.json").json
    for methods in document["paths"].values():
        for operation in methods.values():
            operation["parameters"] = list(map(_sharpened, _wanted(operation["parameters"])))
    return document


def _thin(schema: schemathesis.BaseSchema) -> None:
    """Keeps one of THINNED requests at the edges, each time the same ones.

    Neighbouring operations share their members, so what one of them lacks another has.
    """
    turn = count()

    def filter_case(_context: schemathesis.HookContext, case: schemathesis.Case[Any]) -> bool:
        at_the_edges = case.meta is not None and case.meta.phase.name.value == "coverage"
        return not at_the_edges or next(turn) % THINNED == 0

    schema.hook(filter_case)


def _wanted(parameters: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in parameters:
        name = each["name"]
        if name not in MEANT_FOR_OTHERS and not name.startswith(SAME_IN_THE_QUERY):
            yield each


def _sharpened(parameter: Mapping[str, Any]) -> dict[str, Any]:
    match parameter:
        case {"name": "channel", "in": "query"}:
            return {**parameter, "required": True}
        case {"name": "site_id", "in": "path"}:
            return {**parameter, "example": 1}
        case _:
            return dict(parameter)


def _note(report: Report, event: events.ScenarioFinished) -> None:
    recorder = event.recorder
    report.operations.add(recorder.label)
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            report.statuses[interaction.response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        asked = recorder.interactions.get(case_id)
        response = None if asked is None else asked.response
        for check in checks:
            if check.failure_info is not None:
                answered = response and f"{response.status_code} {response.content[:300]!r}"
                found = Finding(
                    check=check.name,
                    operation=recorder.label,
                    phase=event.phase.value,
                    message=f"{check.failure_info.failure.message}\n{answered}",
                    again=check.failure_info.code_sample[:1_500],
                )
                report.findings.append(found)
