"""Completing the rules that nobody can watch: the customer, or the shop, says that it was done.

The rows of the route table: each of these kinds has a path of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from leal.api.headless.prefix import PREFIX
from leal.api.headless.replies import actions, customer_of, reply
from leal.api.headless.requests import Call
from leal.api.headless.rule_requests import completion_body
from leal.api.http import Reply
from leal.api.operations import Operation
from leal.domain.rules.terms import RuleKind
from leal.usecases import rules
from leal.usecases.access import Scope
from leal.usecases.desk import Desk

Serve = Callable[[Call], Awaitable[Reply]]


def rows(desk: Desk) -> Sequence[tuple[Operation, Serve]]:
    """Every operation of this file with what serves it."""
    return tuple((_operation(each), _Complete(desk, each.kind).serve) for each in _KINDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Completed:
    """A kind of rule: its operation's name and summary."""

    kind: RuleKind
    name: str
    summary: str
    sessions: bool = True


_KINDS = (
    _Completed(
        kind=RuleKind.CLICKTHROUGH,
        name="Clickthrough",
        summary="A customer followed a link that the program rewards",
    ),
    _Completed(
        kind=RuleKind.FACEBOOK_LIKE,
        name="FacebookLike",
        summary="A customer says that they like the page on Facebook",
    ),
    _Completed(
        kind=RuleKind.TWITTER_FOLLOW,
        name="TwitterFollow",
        summary="A customer says that they follow the account on Twitter",
    ),
    _Completed(
        kind=RuleKind.INSTAGRAM_FOLLOW,
        name="InstagramFollow",
        summary="A customer says that they follow the account on Instagram",
    ),
    _Completed(
        kind=RuleKind.TIKTOK_FOLLOW,
        name="TiktokFollow",
        summary="A customer says that they follow the account on TikTok",
    ),
    _Completed(
        kind=RuleKind.CUSTOM,
        name="Custom",
        summary="The shop says that a customer did what a custom rule rewards",
        sessions=False,
    ),
)


def _operation(completed: _Completed) -> Operation:
    return Operation(
        name=f"rules.complete{completed.name}",
        method="POST",
        path=f"{PREFIX}/{{site_id}}/rules/{completed.kind}/complete",
        summary=completed.summary,
        scope=Scope.WRITE_CUSTOMERS,
        sessions=completed.sessions,
    )


@dataclass(frozen=True, slots=True)
class _Complete:
    """Serves the completions of one kind."""

    desk: Desk
    kind: RuleKind

    async def serve(self, call: Call) -> Reply:
        body = await completion_body(call)
        outcome = await rules.complete_rule(
            self.desk, call.ask, body.merchant_id, rule_id=body.rule_id, kind=self.kind
        )
        return reply({"actions": actions(outcome), "customer": customer_of(self.desk, outcome)})
