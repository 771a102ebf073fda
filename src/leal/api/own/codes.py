"""Voucher codes of a reward's pool over HTTP: adding some, and how many are left."""

from typing import Final

from leal.api.fields import Fields
from leal.api.ids import decode_number
from leal.api.json_body import kind, parse_object, read_body
from leal.api.operations import Operation
from leal.api.own.requests import Call
from leal.storage.codes import Pool
from leal.usecases.access import Scope
from leal.usecases.codes import AT_ONCE, Added, code_problem

_PATH = "/leal/v1/rewards/{reward_id}/codes"
_MOST_PROBLEMS: Final = 100

SHOW_CODES: Final = Operation(
    name="rewards.showCodes",
    method="GET",
    path=_PATH,
    summary="How many voucher codes a reward's pool has left",
    scope=None,
)
ADD_CODES: Final = Operation(
    name="rewards.addCodes",
    method="POST",
    path=_PATH,
    summary="Adds voucher codes to a reward's pool; those known already are left out and listed",
    scope=Scope.WRITE_CONFIGURATION,
)


def reward_of(call: Call) -> int:
    """The reward in the path."""
    return decode_number(call.request.path_params["reward_id"], field="reward_id", noun="reward")


async def codes_of(call: Call) -> tuple[str, ...]:
    """The codes to add: `{"codes": ["A1", …]}`; BadRequest names each one that is none."""
    fields = Fields(parse_object(await read_body(call.request)))
    given = fields.raw("codes")
    if not isinstance(given, list):
        received = "undefined" if not fields.has("codes") else kind(given)
        fields.problem("codes", f"Invalid input: expected array, received {received}")
        given = []
    elif not 0 < len(given) <= AT_ONCE:
        fields.problem("codes", f"Expected 1 to {AT_ONCE} codes, received {len(given)}")
    problems = 0
    for index, value in enumerate(given[:AT_ONCE]):
        why = _why_not(value)
        if why is not None and problems < _MOST_PROBLEMS:
            fields.problem(f"codes.{index}", why)
            problems += 1
    fields.done()
    return tuple(given)


def added_view(added: Added, pool: Pool) -> dict[str, object]:
    """What became of the codes, and the pool with them."""
    return {
        "imported": added.imported,
        "duplicates": [{"code": each.code, "reason": each.why} for each in added.duplicates],
        **pool_view(pool),
    }


def pool_view(pool: Pool) -> dict[str, object]:
    """The counters of a pool."""
    return {
        "pool": {
            "reward_id": pool.reward_id,
            "imported": pool.imported,
            "handed_out": pool.handed_out,
            "removed": pool.removed,
            "left": pool.left,
            "low_at": pool.low_at,
            "low": pool.low,
        }
    }


def _why_not(value: object) -> str | None:
    if not isinstance(value, str):
        return f"Invalid input: expected string, received {kind(value)}"
    why = code_problem(value)
    return None if why is None else f"Invalid code: {why}"
