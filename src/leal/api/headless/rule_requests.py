"""Reading the bodies of rule completions."""

from dataclasses import dataclass

from leal.api.fields import Fields
from leal.api.headless.requests import Call, customer_in
from leal.api.json_body import parse_object, read_body


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """Who completed what."""

    merchant_id: str
    rule_id: int


async def completion_body(call: Call) -> Completed:
    """The body of a completion. Raises Forbidden for a session token of somebody else."""
    fields = Fields(parse_object(await read_body(call.request)))
    merchant_id = customer_in(call, fields)
    rule_id = fields.integer("rule_id")
    fields.done()
    return Completed(merchant_id=merchant_id, rule_id=rule_id)
