"""The page of one operation: who may call it, with what, and what comes back."""

from urllib.parse import quote, urlencode

from leal.web.frame import DOCS, method_mark
from leal.web.markup import Markup, element, joined, prose
from leal.web.reference import Answer, Api, Body, Credential, Details, Operation, Parameter
from leal.web.trees import Tree

_PLACES = {"path": "Path", "query": "Query", "header": "Header"}


def operation_main(api: Api, operation: Operation, details: Details) -> Markup:
    """The page's own part."""
    return joined(
        (
            element(
                "p",
                {"class": "crumbs"},
                element("a", {"href": f"{DOCS}#{api.prefix.strip('/')}"}, api.title),
                f" {api.version}",
            ),
            element("h1", None, operation.summary),
            _address(operation),
            element("div", {"class": "columns"}, _told(details), _tried(api, operation, details)),
        )
    )


def curl(api: Api, operation: Operation, details: Details) -> str:
    """A command that makes the call with the documents' example values."""
    values = {each.name: each.example for each in details.parameters}
    path = operation.path
    for each in details.parameters:
        if each.place == "path":
            path = path.replace(f"{{{each.name}}}", quote(values[each.name] or each.name, safe=""))
    query = urlencode(
        [(each.name, each.example) for each in details.parameters if _asked_for(each)]
    )
    lines = [
        f"curl {_quoted(f'{api.server}{path}' + (f'?{query}' if query else ''))}",
        "-H 'Authorization: Bearer YOUR_KEY'",
    ]
    if operation.method != ("POST" if details.body else "GET"):
        lines[0] = lines[0].replace("curl ", f"curl -X {operation.method} ", 1)
    if details.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {_quoted(details.body.example)}")
    return " \\\n  ".join(lines)


def _asked_for(parameter: Parameter) -> bool:
    return parameter.place == "query" and bool(parameter.example)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _address(operation: Operation) -> Markup:
    return element(
        "p",
        {"class": "address"},
        method_mark(operation.method),
        element("code", None, operation.path),
        element("span", {"class": "id"}, operation.name),
    )


def _told(details: Details) -> Markup:
    return element(
        "div",
        {"class": "told"},
        _section("Who may call it", _credentials(details.credentials)),
        *_parameters(details.parameters),
        *_body(details.body),
        _section("Answers", joined(_answer(each) for each in details.answers)),
    )


def _section(title: str, *inside: str) -> Markup:
    return element("section", None, element("h2", None, title), *inside)


def _credentials(credentials: tuple[Credential, ...]) -> Markup:
    rows = []
    for each in credentials:
        scopes = [element("code", {"class": "scope"}, scope) for scope in each.scopes]
        needs = (" with the scope ", *scopes) if scopes else ()
        named = element("span", {"class": "credential"}, _credential_name(each))
        meaning = element("p", {"class": "meaning"}, prose(each.meaning))
        rows.append(element("li", None, named, *needs, meaning))
    return element("ul", {"class": "credentials"}, *rows)


def _credential_name(credential: Credential) -> str:
    spaced = "".join(
        f" {letter.lower()}" if letter.isupper() else letter for letter in credential.name
    )
    return spaced.replace("api key", "API key").capitalize().replace("Api", "API")


def _parameters(parameters: tuple[Parameter, ...]) -> tuple[Markup, ...]:
    if not parameters:
        return ()
    heads = (element("th", {"scope": "col"}, head) for head in ("Name", "In", "Type", "Meaning"))
    rows = (_parameter(each) for each in sorted(parameters, key=_place_of))
    table = element(
        "table",
        {"class": "parameters"},
        element("thead", None, element("tr", None, *heads)),
        element("tbody", None, *rows),
    )
    return (_section("Parameters", element("div", {"class": "scrolls"}, table)),)


def _place_of(parameter: Parameter) -> int:
    return list(_PLACES).index(parameter.place)


def _parameter(parameter: Parameter) -> Markup:
    required = (element("span", {"class": "required"}, "required"),) if parameter.required else ()
    example = (" Example: ", element("code", None, parameter.example)) if parameter.example else ()
    meaning = parameter.meaning + ("." if parameter.meaning and example else "")
    return element(
        "tr",
        None,
        element("th", {"scope": "row"}, element("code", None, parameter.name), *required),
        element("td", None, _PLACES[parameter.place]),
        element("td", None, element("span", {"class": "kind"}, parameter.kind)),
        element("td", None, prose(meaning), *example),
    )


def _body(body: Body | None) -> tuple[Markup, ...]:
    if body is None:
        return ()
    return (_section("Body", _shape(body.shape, levels=3)),)


def _answer(answer: Answer) -> Markup:
    kind = "error" if answer.is_error else "success"
    summary = element(
        "summary",
        None,
        element("span", {"class": f"status {kind}"}, str(answer.status)),
        element("span", None, prose(answer.meaning)),
    )
    codes = (
        joined(
            (element("dt", None, element("code", None, code)), element("dd", None, prose(meaning)))
        )
        for code, meaning in answer.codes
    )
    listed = (element("dl", {"class": "codes"}, *codes),) if answer.codes else ()
    opened = {} if answer.is_error and not answer.codes else {"open": None}
    levels = 2 if answer.is_error and not answer.codes else 1
    shape = () if answer.shape is None else (_shape(answer.shape, levels=levels),)
    return element("details", {"class": "answer", **opened}, summary, *listed, *shape)


def _shape(shape: Tree, *, levels: int) -> Markup:
    return element("div", {"class": "shape"}, _inside(shape, levels=levels))


def _inside(shape: Tree, *, levels: int) -> Markup:
    """What a shape is made of; the first `levels` are open."""
    if shape.is_leaf:
        return element("span", {"class": "kind"}, _kind(shape))
    fields = (
        _node(_named(each.name, required=each.required), each.shape, each.meaning, levels=levels)
        for each in shape.fields
    )
    variants = (
        _node(element("span", {"class": "variant"}, each.name), each.shape, "", levels=levels)
        for each in shape.variants
    )
    return element("ul", None, *fields, *variants)


def _node(name: Markup, shape: Tree, meaning: str, *, levels: int) -> Markup:
    told = (element("span", {"class": "meaning"}, prose(meaning)),) if meaning else ()
    line = (name, " ", element("i", None, _kind(shape)), *told)
    if shape.is_leaf:
        return element("li", None, *line)
    opened = {"open": None} if levels > 1 else {}
    inside = _inside(shape, levels=levels - 1)
    return element("li", None, element("details", opened, element("summary", None, *line), inside))


def _named(name: str, *, required: bool) -> Markup:
    return joined((element("b", None, name), "" if required else element("s", None, "optional")))


def _kind(shape: Tree) -> str:
    return f"{shape.kind} {shape.folded}" if shape.folded else shape.kind


def _tried(api: Api, operation: Operation, details: Details) -> Markup:
    command = element("code", None, curl(api, operation, details))
    copy = element("button", {"type": "button", "class": "copy", "hidden": None}, "Copy")
    return element(
        "aside",
        {"class": "tried", "aria-label": "Example and trial"},
        element(
            "figure",
            {"class": "example"},
            element("figcaption", None, "curl", copy),
            element("pre", {"tabindex": "0"}, command),
        ),
        _form(operation, details),
    )


def _form(operation: Operation, details: Details) -> Markup:
    """No control has a name, so that nothing is ever sent but by the script."""
    pairs = any(each.scheme == "basic" for each in details.credentials)
    label = "API key, or token:secret of a site" if pairs else "API key or session token"
    asked = (
        _control(each.name, each.place, each.example, required=each.required)
        for each in details.parameters
        if each.place != "header"
    )
    key = {"type": "password", "autocomplete": "off", "data-in": "key", "spellcheck": "false"}
    attributes = {
        "class": "trial",
        "data-method": operation.method,
        "data-path": operation.path,
        "hidden": None,
    }
    return element(
        "form",
        attributes,
        element("h2", None, "Try it"),
        element("label", None, label, element("input", {**key, "placeholder": "Paste a key"})),
        *asked,
        *_body_control(details.body),
        element("button", {"type": "submit"}, "Send"),
        element("p", {"class": "hint"}, "Sent to this server. The key stays in this tab's memory."),
        element("output", {"aria-live": "polite"}),
    )


def _control(name: str, place: str, example: str, *, required: bool) -> Markup:
    attributes: dict[str, str | None] = {
        "data-in": place,
        "data-name": name,
        "value": example,
        "autocomplete": "off",
    }
    if required:
        attributes["required"] = None
    box = element("input", {"type": "text", **attributes})
    return element("label", {"class": "short"}, element("code", None, name), box)


def _body_control(body: Body | None) -> tuple[Markup, ...]:
    if body is None:
        return ()
    rows = str(min(14, len(body.example.splitlines())))
    attributes = {"data-in": "body", "rows": rows, "spellcheck": "false"}
    return (element("label", None, "Body", element("textarea", attributes, body.example)),)
