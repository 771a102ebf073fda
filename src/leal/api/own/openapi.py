"""The OpenAPI document of leal's own API."""

from collections.abc import Sequence
from typing import Final

from leal.api import openapi
from leal.api.http import Handler
from leal.api.ids import ID_SCHEMA
from leal.api.openapi import Description, Document, Shapes
from leal.api.operations import Operation, Parameter
from leal.api.own.shapes import REQUESTS, RESPONSES
from leal.api.samples import MERCHANT_ID, Schema


def document(table: Sequence[tuple[Operation, Handler]], *, public_url: str) -> Document:
    """The document of the route table; KeyError for an operation without a shape."""
    api = Description(
        title="leal's own API",
        version="v1",
        about=_ABOUT,
        schemas={},
        security_schemes=_SECURITY_SCHEMES,
        key_schemes=("apiKey", "sitePair"),
        session_scheme=None,
        path_parameters={each.name: each for each in _PATH_PARAMETERS},
        parameters=lambda _operation: (),
        shapes=lambda name: Shapes(request=REQUESTS.get(name), responses=RESPONSES[name]),
        codes={},
    )
    return openapi.document(api, [operation for operation, _ in table], public_url=public_url)


_ABOUT: Final = (
    "What leal adds of its own: why a customer has the points they have, reports from the ledger, "
    "vouchers at tills, codes of pools, what is to be brought to customers, and how webhooks do. "
    "Call it from "
    "servers only."
)
_SECURITY_SCHEMES: Final[dict[str, Schema]] = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of the program; `leal key create` makes one",
    },
    "sitePair": {
        "type": "http",
        "scheme": "basic",
        "description": "A site's token as the user name and its secret as the password",
    },
}
_PATH_PARAMETERS: Final = (
    Parameter(
        name="merchant_id",
        meaning="The customer's id in the shop",
        schema={**ID_SCHEMA, "example": MERCHANT_ID},
    ),
    Parameter(
        name="code",
        meaning="The voucher's code, in upper or lower case",
        schema={**ID_SCHEMA, "example": "LL-XAIA8471QK"},
    ),
    Parameter(
        name="claimed_reward_id",
        meaning="The claimed reward, by `claimed_reward_id`",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="program_id",
        meaning="The program's id: that of these credentials",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="reward_id",
        meaning="The reward's id in the program document",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="webhook_id",
        meaning="The webhook, by `id`",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="delivery_id",
        meaning="The delivery, by `id`",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="merge_id",
        meaning="The merge, by `id`",
        schema={"type": "integer", "minimum": 1},
    ),
)
