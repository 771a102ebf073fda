"""Real-looking values for a JSON Schema, so that an example can be copied and sent.

Names decide before types: an `email` is an address, whatever else the schema says of it.
"""

from collections.abc import Mapping
from typing import Final

Schema = Mapping[str, object]

SITE_ID: Final = 4217
MERCHANT_ID: Final = "6482117402"

_MAX_DEPTH: Final = 12
_BY_NAME: Final[Mapping[str, object]] = {
    "amount": "24.00",
    "birthday": "1990-05-17",
    "body": "Soft, warm and just my size.",
    "city": "Edinburgh",
    "code": "WELCOME5",
    "country": "GB",
    "country_code": "GB",
    "currency": "gbp",
    "currency_code": "GBP",
    "customer_email": "kim@example.com",
    "customer_id": MERCHANT_ID,
    "customer_merchant_id": MERCHANT_ID,
    "day": 17,
    "email": "kim@example.com",
    "first_name": "Kim",
    "ip_address": "203.0.113.24",
    "language": "en",
    "last_name": "Baker",
    "merchant_id": MERCHANT_ID,
    "month": 5,
    "name": "Kim Baker",
    "number": "1001",
    "page_url": "https://shop.example.com/pages/rewards",
    "points": 100,
    "quantity": 2,
    "rating": 5,
    "reason": "Thank you for the kind words",
    "referee_email": "robin@example.com",
    "referral_id": "k3Vd8QzL",
    "reward_id": 318,
    "rule_id": 207,
    "site_id": SITE_ID,
    "title": "Lambswool scarf",
    "total": "48.00",
    "url": "https://shop.example.com/products/lambswool-scarf",
    "user_agent": "Mozilla/5.0",
    "variant_id": "41293847",
    "year": 1990,
}
_BY_FORMAT: Final[Mapping[str, object]] = {
    "date": "2025-06-01",
    "date-time": "2025-06-01T09:30:00Z",
    "email": "kim@example.com",
    "uri": "https://shop.example.com/",
}
_BY_TYPE: Final[Mapping[str, object]] = {
    "boolean": True,
    "integer": 1,
    "null": None,
    "number": 1,
    "string": "text",
}


def sample(schema: Schema, schemas: Mapping[str, Schema], *, name: str = "") -> object:
    """A value that fits `schema`, whose references are looked up in `schemas` by last segment.

    `name` is what the value is called where it stands. Of several variants the first is shown;
    what nests deeper than any request does is shown as null.
    """
    return _sample(schema, schemas, name=name, depth=0)


def _sample(schema: Schema, schemas: Mapping[str, Schema], *, name: str, depth: int) -> object:
    if depth > _MAX_DEPTH:
        return None
    inner = _chosen(schema, schemas)
    if inner is not None:
        return _sample(inner, schemas, name=name, depth=depth + 1)
    match schema:
        case {"const": value}:
            return value
        case {"enum": [value, *_]}:
            return value
        case {"examples": [value, *_]} | {"example": value}:
            return value
        case {"properties": dict(properties)}:
            return {
                key: _sample(each, schemas, name=key, depth=depth + 1)
                for key, each in properties.items()
            }
        case {"items": dict(items)}:
            return [_sample(items, schemas, name=name, depth=depth + 1)]
        case _:
            return _plain(schema, name)


def _chosen(schema: Schema, schemas: Mapping[str, Schema]) -> Schema | None:
    """The schema that speaks for this one: the one referred to, or the first variant."""
    match schema:
        case {"properties": dict()}:
            return None  # variants beside members only say which of them are needed
        case {"$ref": str(ref)}:
            return schemas[ref.rpartition("/")[2]]
        case {"anyOf": [dict(first), *_]} | {"oneOf": [dict(first), *_]}:
            return first
        case _:
            return None


def _plain(schema: Schema, name: str) -> object:
    kind = _type_of(schema)
    if kind == "object":
        return {}
    if kind == "array":
        return []
    named = _BY_NAME.get(name)
    if named is not None and isinstance(named, str) == (kind == "string"):
        return named
    if kind == "string":
        return _text(schema, name)
    return schema.get("minimum", _BY_TYPE.get(kind))


def _text(schema: Schema, name: str) -> object:
    if name.endswith("_at"):
        return _BY_FORMAT["date-time"]
    if name == "id" or name.endswith("_id"):
        return "5001"
    return _BY_FORMAT.get(str(schema.get("format")), _BY_TYPE["string"])


def _type_of(schema: Schema) -> str:
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        return next((str(each) for each in kind if each != "null"), "null")
    return str(kind)
