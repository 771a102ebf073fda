"""An OpenAPI document, read into what its pages show."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from leal.web.nodes import Node, array, part, parts, text
from leal.web.trees import Tree, tree

_METHODS = ("get", "post", "put", "patch", "delete")
_JSON = ("content", "application/json")
_FIRST_ERROR = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the path, the query or the header; `example` is empty when none is given."""

    name: str
    place: str
    kind: str
    required: bool
    meaning: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A request's body and an example of one, as indented JSON."""

    shape: Tree
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of one status; `codes` are its error codes with what they mean."""

    status: int
    meaning: str
    codes: tuple[tuple[str, str], ...]
    shape: Tree | None

    @property
    def is_error(self) -> bool:
        """Whether the request came to nothing."""
        return self.status >= _FIRST_ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A way to be let in: `scheme` is bearer or basic, `scopes` what it must cover."""

    name: str
    scheme: str
    meaning: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method on a path, as lists name it; `described` is all the document says of it."""

    name: str
    group: str
    method: str
    path: str
    summary: str
    described: Node = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """All that a page of its own tells of an operation."""

    meaning: str
    credentials: tuple[Credential, ...]
    parameters: tuple[Parameter, ...]
    body: Body | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One API. `prefix` begins all its paths; `server` is where it is reached."""

    prefix: str
    title: str
    version: str
    about: str
    server: str
    credentials: tuple[Credential, ...]
    operations: tuple[Operation, ...]
    components: Node = field(repr=False)

    @property
    def document_path(self) -> str:
        """Where the OpenAPI document itself is served."""
        return f"{self.prefix}/openapi.json"

    def groups(self) -> Mapping[str, tuple[Operation, ...]]:
        """The operations by group, both in the order of the document."""
        names = dict.fromkeys(each.group for each in self.operations)
        return {
            name: tuple(each for each in self.operations if each.group == name) for name in names
        }


def read(prefix: str, document: Node) -> Api:
    """The API that `document` describes; what it leaves out is empty."""
    info = part(document, "info")
    schemes = part(document, "components", "securitySchemes")
    return Api(
        prefix=prefix,
        title=text(info, "title"),
        version=text(info, "version"),
        about=text(info, "description"),
        server=next((text(server, "url") for server in parts(document, "servers")), ""),
        credentials=tuple(_credential(name, (), schemes) for name in schemes),
        operations=tuple(_operations(part(document, "paths"))),
        components=part(document, "components"),
    )


def details(api: Api, operation: Operation) -> Details:
    """What there is to tell of one operation of `api`; some 30 ms for the largest shapes."""
    described = operation.described
    all_schemas = part(api.components, "schemas")
    schemas = {name: part(all_schemas, name) for name in all_schemas}
    schemes = part(api.components, "securitySchemes")
    return Details(
        meaning=text(described, "description"),
        credentials=tuple(
            _credential(name, tuple(map(str, array(allowed, name))), schemes)
            for allowed in parts(described, "security")
            for name in allowed
        ),
        parameters=tuple(_parameter(each, schemas) for each in parts(described, "parameters")),
        body=_body(part(described, "requestBody", *_JSON), schemas),
        answers=tuple(_answers(part(described, "responses"), schemas)),
    )


def _operations(paths: Node) -> Iterator[Operation]:
    for path in paths:
        for method in _METHODS:
            described = part(paths, path, method)
            if described:
                yield Operation(
                    name=text(described, "operationId"),
                    group=next((str(tag) for tag in array(described, "tags")), ""),
                    method=method.upper(),
                    path=path,
                    summary=text(described, "summary"),
                    described=described,
                )


def _credential(name: str, scopes: tuple[str, ...], schemes: Node) -> Credential:
    scheme = part(schemes, name)
    return Credential(
        name=name,
        scheme=text(scheme, "scheme"),
        meaning=text(scheme, "description"),
        scopes=scopes,
    )


def _parameter(described: Node, schemas: Mapping[str, Node]) -> Parameter:
    example = described.get("example", "")
    return Parameter(
        name=text(described, "name"),
        place=text(described, "in"),
        kind=tree(part(described, "schema"), schemas).kind,
        required=described.get("required") is True,
        meaning=text(described, "description"),
        example=example if isinstance(example, str) else json.dumps(example),
    )


def _body(media: Node, schemas: Mapping[str, Node]) -> Body | None:
    if not media:
        return None
    return Body(
        shape=tree(part(media, "schema"), schemas),
        example=json.dumps(media.get("example", {}), indent=2, ensure_ascii=False),
    )


def _answers(responses: Node, schemas: Mapping[str, Node]) -> Iterator[Answer]:
    for status in responses:
        described = part(responses, status)
        schema = part(described, *_JSON, "schema")
        codes = part(described, "x-error-codes")
        yield Answer(
            status=int(status),
            meaning=text(described, "description"),
            codes=tuple((code, text(codes, code)) for code in codes),
            shape=tree(schema, schemas) if schema else None,
        )
