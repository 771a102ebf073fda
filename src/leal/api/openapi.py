"""OpenAPI 3.1 documents, made from the route tables and the shapes of their operations.

The functions are pure: a dialect says once what holds for all of it (`Description`), and each row
of its table becomes an operation. Only schemas that an operation reaches are written down.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from leal.api.http import Reply, endpoint, json_response
from leal.api.idempotency import HEADER, HIT, NOT_KEPT, is_reading
from leal.api.ids import ID_SCHEMA
from leal.api.operations import Operation, Parameter
from leal.api.samples import Schema, sample

Document = dict[str, object]

SCHEMAS: Final = "#/components/schemas/"
ERROR_SHAPE: Final = "Error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What an operation reads and answers; None is no body at all."""

    request: Schema | None
    responses: Mapping[int, Schema | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What holds for a whole API.

    `schemas` are the components that shapes refer to, `path_parameters` is by name, `codes` tells
    what an error's code means. `key_schemes` are the security schemes that carry scopes;
    `session_scheme` is the one of shoppers. `parameters` gives further parameters of an operation.
    """

    title: str
    version: str
    about: str
    schemas: Mapping[str, Schema]
    security_schemes: Mapping[str, Schema]
    key_schemes: Sequence[str]
    session_scheme: str | None
    path_parameters: Mapping[str, Parameter]
    parameters: Callable[[Operation], Sequence[Schema]]
    shapes: Callable[[str], Shapes]
    codes: Mapping[str, str]


def document(api: Description, operations: Sequence[Operation], *, public_url: str) -> Document:
    """The OpenAPI document of `operations`, in their order; `public_url` has no slash at its end.

    An operation's id is its name, its tag what stands before the name's first dot, and its
    security requirements list the scope it needs.
    """
    every = {ERROR_SHAPE: _ERROR, _REUSED_SHAPE: _REUSED, **api.schemas}
    paths: dict[str, dict[str, object]] = {}
    for operation in operations:
        described = _operation(api, operation, every)
        path = _PLACEHOLDER.sub(r"{\1}", operation.path)
        paths.setdefault(path, {})[operation.method.lower()] = described
    tags = dict.fromkeys(_tag(operation) for operation in operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.version, "description": api.about},
        "servers": [{"url": public_url, "description": "This server"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "securitySchemes": dict(api.security_schemes),
            "headers": _HEADERS,
            "schemas": _reached(paths, every),
        },
    }


def route(path: str, content: Document) -> Route:
    """Serves a document to anyone, without credentials; unchanged ones are not sent again."""
    body = msgspec.json.encode(content)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = (("ETag", etag), ("Cache-Control", "no-cache"))

    async def openapi(request: Request) -> Reply:
        known = request.headers.get("if-none-match", "")
        if etag in known:
            raw = [(name.lower().encode(), value.encode()) for name, value in headers]
            return Reply(b"", 304, raw)
        return json_response(body, headers=headers)

    return endpoint(path, openapi)


def reference(name: str) -> Schema:
    """A reference to the component schema `name`."""
    return {"$ref": f"{SCHEMAS}{name}"}


def parameter(described: Parameter, *, place: str) -> Schema:
    """A parameter as the document writes it; `place` is path, query or header."""
    written: dict[str, object] = {
        "name": described.name,
        "in": place,
        "required": described.required or place == "path",
        "description": described.meaning,
        "schema": {key: value for key, value in described.schema.items() if key != "example"},
    }
    if "example" in described.schema:
        written["example"] = described.schema["example"]
    return written


def _operation(
    api: Description, operation: Operation, schemas: Mapping[str, Schema]
) -> dict[str, object]:
    shapes = api.shapes(operation.name)
    described: dict[str, object] = {
        "operationId": operation.name,
        "tags": [_tag(operation)],
        "summary": operation.summary,
        "description": _who_may(operation),
        "security": _security(api, operation),
        "parameters": [
            *(_path_parameter(api, name) for name in _PLACEHOLDER.findall(operation.path)),
            *(parameter(each, place="query") for each in operation.query),
            *api.parameters(operation),
            *(() if is_reading(operation) else (parameter(_KEY, place="header"),)),
        ],
    }
    if shapes.request is not None:
        example = sample(shapes.request, schemas)
        media = {"schema": shapes.request, "example": example}
        described["requestBody"] = {"required": True, "content": {_JSON: media}}
    described["responses"] = _responses(api, operation, shapes=shapes, schemas=schemas)
    return described


def _who_may(operation: Operation) -> str:
    if operation.scope is None:
        needed = "Any good credentials will do."
    else:
        needed = f"Needs the scope `{operation.scope}`."
    return f"{needed} A customer's own session token will do too." if operation.sessions else needed


def _security(api: Description, operation: Operation) -> list[dict[str, list[str]]]:
    scopes = [] if operation.scope is None else [str(operation.scope)]
    allowed = [{scheme: scopes} for scheme in api.key_schemes]
    if operation.sessions and api.session_scheme is not None:
        allowed.append({api.session_scheme: []})
    return allowed


def _path_parameter(api: Description, name: str) -> Schema:
    described = api.path_parameters.get(name)
    if described is None:
        words = name.replace("_", " ")
        described = Parameter(name=name, meaning=f"The {words}", schema=ID_SCHEMA)
    return parameter(described, place="path")


def _responses(
    api: Description, operation: Operation, *, shapes: Shapes, schemas: Mapping[str, Schema]
) -> dict[str, object]:
    """Those of the shapes, and those that any request can meet on its way."""
    met = _MET_BY_BODIES if shapes.request is not None else _MET_BY_ALL
    known = {**{status: reference(ERROR_SHAPE) for status in met}, **shapes.responses}
    if not is_reading(operation):
        known |= _met_by_keys(known.get(_REFUSED))
    return {
        str(status): _response(status, known[status], api=api, schemas=schemas)
        | _told(status, operation, known[status])
        for status in sorted(known)
    }


def _met_by_keys(refused: Schema | None) -> dict[int, Schema | None]:
    """What a request with an idempotency key can meet besides `refused`, the program's own no."""
    reused = reference(_REUSED_SHAPE)
    either = reused if refused is None else {"anyOf": [refused, reused]}
    return {_IN_USE: reference(ERROR_SHAPE), _REFUSED: either}


def _told(status: int, operation: Operation, schema: Schema | None) -> dict[str, object]:
    """The headers of an answer, and the forms that it may have."""
    headers = ["X-Request-Id"]
    if status in _WORTH_WAITING_FOR:
        headers.append("Retry-After")
    if not is_reading(operation) and status not in NOT_KEPT and status < _FAILED:
        headers.append(HIT)
    told: dict[str, object] = {
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    }
    if schema is not None:
        content = {_JSON: {"schema": schema}}
        if operation.csv and status < _FIRST_ERROR:
            content["text/csv"] = {"schema": {"type": "string"}}
        told["content"] = content
    return told


def _response(
    status: int, schema: Schema | None, *, api: Description, schemas: Mapping[str, Schema]
) -> dict[str, object]:
    described: dict[str, object] = {"description": _MEANINGS.get(status, "Done")}
    if schema is not None:
        codes = dict.fromkeys(_codes(schema, schemas)) if status >= _FIRST_ERROR else {}
        if codes:
            described["x-error-codes"] = {code: _meaning(api, code) for code in codes}
    return described


def _meaning(api: Description, code: str) -> str:
    return api.codes.get(code) or _CODES.get(code) or code.replace("_", " ").capitalize()


def _codes(schema: object, schemas: Mapping[str, Schema]) -> Iterable[str]:
    """Every constant that an error's `code` may be."""
    match schema:
        case {"$ref": str(ref)}:
            yield from _codes(schemas[ref.removeprefix(SCHEMAS)], schemas)
        case {"properties": {"code": {"const": str(code)}}}:
            yield code
        case {"properties": {"code": {"enum": list(codes)}}}:
            yield from codes
        case {"properties": {"error": error}}:
            yield from _codes(error, schemas)
        case {"anyOf": list(variants)} | {"oneOf": list(variants)}:
            for variant in variants:
                yield from _codes(variant, schemas)


def _reached(start: object, schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    """The schemas that `start` refers to, directly or through others, by name."""
    found: set[str] = set()
    waiting = list(_references(start))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_references(schemas[name]))
    return {name: schemas[name] for name in schemas if name in found}


def _references(node: object) -> Iterable[str]:
    if isinstance(node, Mapping):
        ref = node.get("$ref")
        if isinstance(ref, str) and ref.startswith(SCHEMAS):
            yield ref.removeprefix(SCHEMAS)
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, Sequence) and not isinstance(node, str):
        for each in node:
            yield from _references(each)


def _tag(operation: Operation) -> str:
    return operation.name.partition(".")[0]


_JSON: Final = "application/json"
_PLACEHOLDER: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_FIRST_ERROR: Final = 400
_IN_USE: Final = 409
_REFUSED: Final = 422
_FAILED: Final = 500
_MET_BY_ALL: Final = (400, 401, 403, 404, 429, 500, 503)
_MET_BY_BODIES: Final = (*_MET_BY_ALL, 408, 413)
_WORTH_WAITING_FOR: Final = (409, 429, 503)
_KEY: Final = Parameter(
    name=HEADER,
    meaning="A text of your own for this one request: sent again with it, the request has no "
    "second effect and gets the first answer, for 30 days",
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x20-\x7e]+$"},
)
_CODES: Final[Mapping[str, str]] = {
    "idempotency_key_reused": f"The `{HEADER}` came with a different request before"
}
_MEANINGS: Final[Mapping[int, str]] = {
    201: "Made",
    202: "Taken in; the work is done soon after",
    204: "Done; there is no body",
    400: "The request is malformed; `details` says which field and why",
    401: "The credentials are missing, or nobody holds them",
    403: "Good credentials that do not allow this: check the scope and the site",
    404: "There is nothing of this name",
    408: "The body did not arrive in time; send it again",
    409: f"A request with this `{HEADER}` is still being served; try again after `Retry-After`",
    410: "What was there is not kept any more; the body says where to go on",
    413: "The body is too large",
    422: "Understood, and refused; the body says why",
    429: "Too many requests with these credentials; wait as long as `Retry-After` says",
    500: "A fault of this server; quote the request id to its operator",
    503: "The database is away or too slow; try again after `Retry-After`",
}
_HEADERS: Final[Mapping[str, Schema]] = {
    "X-Request-Id": {
        "description": "Names this exchange in the server's log; yours, if you sent one",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try",
        "schema": {"type": "integer"},
    },
    HIT: {
        "description": f"`true` when this is the answer kept for the `{HEADER}`",
        "schema": {"type": "string", "const": "true"},
    },
}
_REUSED_SHAPE: Final = "IdempotencyKeyReused"
_REUSED: Final[Schema] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"const": "idempotency_key_reused"},
                "message": {"type": "string"},
            },
            "required": ["code", "message"],
        }
    },
    "required": ["error"],
}
_ERROR: Final[Schema] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string", "description": "For programs to tell errors apart"},
                "message": {"type": "string", "description": "For people; may change"},
                "details": {
                    "type": "object",
                    "description": "What is wrong, by the dotted name of the field",
                    "additionalProperties": {"type": "string"},
                },
            },
        }
    },
    "required": ["error"],
}
