"""The OpenAPI document of the Headless API."""

from collections.abc import Sequence
from typing import Final

from leal.api import openapi
from leal.api.headless import shapes
from leal.api.headless.errors import REFUSALS
from leal.api.http import Handler
from leal.api.ids import ID_SCHEMA
from leal.api.openapi import Description, Document, parameter, reference
from leal.api.operations import Operation, Parameter
from leal.api.samples import MERCHANT_ID, SITE_ID, Schema


def document(table: Sequence[tuple[Operation, Handler]], *, public_url: str) -> Document:
    """The document of the route table; KeyError for an operation the contract does not know."""
    known = shapes.load()

    def parameters(operation: Operation) -> Sequence[Schema]:
        return _PLACE if operation.name in known.placed else ()

    api = Description(
        title="leal Headless API",
        version="2025-06",
        about=_ABOUT,
        schemas=known.schemas,
        security_schemes=_SECURITY_SCHEMES,
        key_schemes=("apiKey",),
        session_scheme="customerSession",
        path_parameters={each.name: each for each in _PATH_PARAMETERS},
        parameters=parameters,
        shapes=known.operations.__getitem__,
        codes={**dict(REFUSALS.values()), **_CODES},
    )
    return openapi.document(api, [operation for operation, _ in table], public_url=public_url)


_ABOUT: Final = (
    "What a shop's front end needs: a customer's points, tier, rewards and rules, and what the "
    "customer does with them. Call it from the shop's server with an API key, or from the "
    "customer's own device with a session token."
)
_SECURITY_SCHEMES: Final[dict[str, Schema]] = {
    "apiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key of the program; `leal key create` makes one",
    },
    "customerSession": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "base64 of JSON, a dot, hex of its HMAC-SHA256",
        "description": "A token the shop signs for one customer with its site's SDK secret",
    },
}
_CODES: Final = {
    "voucher_allocation_failed": "The shop could not make the voucher: try again later",
    "not_found": "No such customer, site, reward or rule in the program of these credentials",
    "rate_limited": "Too many requests with these credentials",
}
_PATH_PARAMETERS: Final = (
    Parameter(
        name="site_id",
        meaning="The site's id in the program of these credentials",
        schema={"type": "integer", "minimum": 1, "example": SITE_ID},
    ),
    Parameter(
        name="merchant_id",
        meaning="The customer's id in the shop",
        schema={**ID_SCHEMA, "example": MERCHANT_ID},
    ),
)


def _placed(name: str, meaning: str, schema: Schema) -> tuple[Schema, Schema]:
    """The same parameter twice, as it may come in the query and in a header."""
    header = f"X-LoyaltyLion-{name.capitalize()}"
    bare = {key: value for key, value in schema.items() if key != "example"}
    return (
        parameter(Parameter(name=name, meaning=meaning, schema=dict(schema)), place="query"),
        parameter(
            Parameter(name=header, meaning=f"Instead of `{name}`", schema=bare), place="header"
        ),
    )


_PLACE: Final[Sequence[Schema]] = (
    *_placed(
        "channel",
        "Where the customer meets the program. Required: here or in the header",
        {**reference("SupportedChannel"), "example": "web"},
    ),
    *_placed(
        "language",
        "A language of the site; the site's own when left out",
        {"type": "string", "example": "en"},
    ),
    *_placed(
        "country",
        "Where the customer is, in ISO 3166-1 alpha-2; the site's own country when left out",
        {"type": "string", "pattern": "^[A-Za-z]{2}$", "example": "US"},
    ),
)
