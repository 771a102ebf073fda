"""The OpenAPI document of the Admin API."""

from collections.abc import Mapping, Sequence
from typing import Final

from leal.api import openapi
from leal.api.http import Handler
from leal.api.ids import ID_SCHEMA
from leal.api.openapi import Description, Document, Shapes
from leal.api.operations import Operation, Parameter
from leal.api.samples import MERCHANT_ID, Schema


def document(
    table: Sequence[tuple[Operation, Handler]],
    *,
    requests: Mapping[str, Schema],
    responses: Mapping[str, Mapping[int, Schema | None]],
    public_url: str,
) -> Document:
    """The document of the route table.

    `requests` and `responses` are the shapes by the name of the operation; one that is missing
    there is described without bodies.
    """

    def shapes(name: str) -> Shapes:
        return Shapes(request=requests.get(name), responses=responses.get(name, {200: None}))

    api = Description(
        title="leal Admin API",
        version="v2",
        about=_ABOUT,
        schemas={},
        security_schemes=_SECURITY_SCHEMES,
        key_schemes=("apiKey", "sitePair"),
        session_scheme=None,
        path_parameters={each.name: each for each in _PATH_PARAMETERS},
        parameters=lambda _operation: (),
        shapes=shapes,
        codes={},
    )
    return openapi.document(api, [operation for operation, _ in table], public_url=public_url)


_ABOUT: Final = (
    "What a shop's back office does: record orders, activities and customers, change points, read "
    "transactions and configure the program. Call it from servers only."
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
        meaning="The shop's own id: of the customer, the order or the activity",
        schema={**ID_SCHEMA, "example": MERCHANT_ID},
    ),
    Parameter(
        name="name",
        meaning="The activity's name: `$` and a kind of rule, or that of a custom rule",
        schema={**ID_SCHEMA, "example": "$review"},
    ),
    Parameter(
        name="reward_id",
        meaning="The reward's id in the program document",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="claimed_reward_id",
        meaning="The claimed reward, by `id`",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="webhook_id",
        meaning="The webhook, by `id`",
        schema={"type": "integer", "minimum": 1},
    ),
    Parameter(
        name="platform",
        meaning="Who keeps the review; `custom` for the shop itself",
        schema={**ID_SCHEMA, "example": "custom"},
    ),
    Parameter(
        name="site_id",
        meaning="The site's id in the program document",
        schema={"type": "integer", "minimum": 1},
    ),
)
