"""Someone who asks leal's own API; no answer goes unchecked."""

import base64
from dataclasses import dataclass
from typing import Any, Final

from jsonschema import Draft202012Validator

from leal.api.own.shapes import ERROR, RESPONSES
from tests.worlds import Answer, World

EXPLAIN: Final = "customers.explain"
REPORT: Final = "reports.points"
ROUTES: Final = {
    EXPLAIN: ("GET", "/leal/v1/customers/{merchant_id}/explain"),
    REPORT: ("GET", "/leal/v1/reports/points"),
}
SHOW_CLOCK: Final = "programs.showClock"
ADVANCE_CLOCK: Final = "programs.advanceClock"
CLOCK_ROUTES: Final = {
    SHOW_CLOCK: ("GET", "/leal/v1/programs/{program_id}/clock"),
    ADVANCE_CLOCK: ("POST", "/leal/v1/programs/{program_id}/clock"),
}
CLOCK_SCOPES: Final = {SHOW_CLOCK: None, ADVANCE_CLOCK: "write_configuration"}
SHOW_CODES: Final = "rewards.showCodes"
ADD_CODES: Final = "rewards.addCodes"
CODES_ROUTES: Final = {
    SHOW_CODES: ("GET", "/leal/v1/rewards/{reward_id}/codes"),
    ADD_CODES: ("POST", "/leal/v1/rewards/{reward_id}/codes"),
}
CODES_SCOPES: Final = {SHOW_CODES: None, ADD_CODES: "write_configuration"}
MOVE_TIER: Final = "customers.moveTier"
EXPORT: Final = "customers.export"
ERASE: Final = "customers.erase"
CARE_ROUTES: Final = {
    EXPORT: ("GET", "/leal/v1/customers/{merchant_id}/export"),
    ERASE: ("POST", "/leal/v1/customers/{merchant_id}/erase"),
}
CARE_SCOPES: Final = {EXPORT: "read_customers", ERASE: "write_customers"}
MERGE: Final = "customers.merge"
MERGES: Final = "customers.listMerges"
UNDO_MERGE: Final = "customers.undoMerge"
MERGE_ROUTES: Final = {
    MERGE: ("POST", "/leal/v1/customers/{merchant_id}/merge"),
    MERGES: ("GET", "/leal/v1/customers/{merchant_id}/merges"),
    UNDO_MERGE: ("POST", "/leal/v1/customers/{merchant_id}/merges/{merge_id}/undo"),
}
MERGE_SCOPES: Final = {
    MERGE: "write_customers",
    MERGES: "read_customers",
    UNDO_MERGE: "write_customers",
}
AUDIT: Final = "audit.list"
TIER_ROUTES: Final = {
    MOVE_TIER: ("POST", "/leal/v1/customers/{merchant_id}/tier"),
    AUDIT: ("GET", "/leal/v1/audit"),
}
TIER_SCOPES: Final = {MOVE_TIER: "write_customers", AUDIT: "write_configuration"}
SCOPES: Final = {EXPLAIN: "read_customers", REPORT: "read_customers"}


_EVERY: Final = ROUTES | CLOCK_ROUTES | CODES_ROUTES | TIER_ROUTES | CARE_ROUTES | MERGE_ROUTES


@dataclass(frozen=True, slots=True)
class Asker:
    """Calls a world's own API by the names of its operations."""

    world: World

    def call(self, operation: str, merchant_id: str = "ann", **how: Any) -> Answer:
        """Any operation; `query` is what follows the question mark."""
        method, path = _EVERY[operation]
        query = how.pop("query", "")
        path = path.replace("{merchant_id}", merchant_id)
        path = path.replace("{program_id}", str(self.world.tenant.program_id))
        path = path.replace("{merge_id}", str(how.pop("merge_id", "1")))
        path = path.replace("{reward_id}", how.pop("reward_id", "1"))
        answer = self.world.call(method, f"{path}?{query}" if query else path, **how)
        if answer.headers.get("content-type") == "application/json":
            schema = RESPONSES[operation].get(answer.status, ERROR)
            assert schema is not None
            Draft202012Validator(schema).validate(answer.json)
        return answer

    def explained(self, query: str = "", merchant_id: str = "ann") -> Any:
        """An explanation that must be given."""
        answer = self.call(EXPLAIN, merchant_id, query=query)
        assert answer.status == 200, answer.body
        return answer.json


def basic(name: str, secret: str) -> dict[str, str]:
    """The header of a site's token and secret."""
    pair = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return {"authorization": f"Basic {pair}"}
