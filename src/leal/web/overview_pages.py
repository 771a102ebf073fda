"""The pages that lead to others: the landing page and the reference's overview."""

from collections.abc import Sequence

from leal.web.frame import DOCS, method_mark, operation_path, words
from leal.web.markup import Markup, element, joined, prose
from leal.web.reference import Api, Operation

_ERROR = """{
  "error": {
    "code": "not_found",
    "message": "No customer with this merchant id"
  }
}"""


def home_main(apis: Sequence[Api]) -> Markup:
    """What this server is and where to go on."""
    documents = (
        element(
            "li",
            None,
            element("a", {"href": api.document_path}, f"{api.title} {api.version}"),
            element("span", {"class": "meaning"}, api.document_path),
        )
        for api in apis
    )
    return element(
        "div",
        {"class": "home"},
        element("h1", None, "leal"),
        element(
            "p",
            {"class": "lead"},
            "A self-hosted loyalty server: points, tiers, rewards, rules and referrals for shops. "
            "It is up and answering here.",
        ),
        element("p", None, element("a", {"class": "call", "href": DOCS}, "Read the API reference")),
        element("h2", None, "OpenAPI documents"),
        element("ul", {"class": "documents"}, *documents),
    )


def overview_main(apis: Sequence[Api]) -> Markup:
    """How calls are made, then each API with its operations."""
    return joined(
        (
            element("h1", None, "API reference"),
            element(
                "p",
                {"class": "lead"},
                "Every call is HTTP with JSON bodies. These pages describe what this very server "
                "answers, and are made from the OpenAPI documents it serves.",
            ),
            *(_api(api) for api in apis),
            _errors(),
        )
    )


def missing_main() -> Markup:
    """There is no such page."""
    return joined(
        (
            element("h1", None, "No such page"),
            element(
                "p",
                {"class": "lead"},
                "Choose an operation from the menu, or start at the ",
                element("a", {"href": DOCS}, "overview"),
                ".",
            ),
        )
    )


def _api(api: Api) -> Markup:
    return element(
        "section",
        {"class": "api", "id": api.prefix.strip("/")},
        element("h2", None, api.title, " ", element("small", None, api.version)),
        element("p", None, prose(api.about)),
        _facts(api),
        *(_group(api, group, operations) for group, operations in api.groups().items()),
    )


def _facts(api: Api) -> Markup:
    credentials = (
        element("div", None, element("code", None, f"{each.scheme}"), " ", prose(each.meaning))
        for each in api.credentials
    )
    return element(
        "dl",
        {"class": "facts"},
        element("dt", None, "Address"),
        element("dd", None, element("code", None, f"{api.server}{api.prefix}")),
        element("dt", None, "Credentials"),
        element("dd", None, *credentials),
        element("dt", None, "OpenAPI 3.1"),
        element("dd", None, element("a", {"href": api.document_path}, api.document_path)),
    )


def _group(api: Api, group: str, operations: Sequence[Operation]) -> Markup:
    rows = (
        element(
            "li",
            None,
            element(
                "a",
                {"href": operation_path(api, each)},
                method_mark(each.method),
                element("span", {"class": "what"}, each.summary),
                element("code", None, each.path.removeprefix(api.prefix)),
            ),
        )
        for each in operations
    )
    return joined((element("h3", None, words(group)), element("ul", {"class": "list"}, *rows)))


def _errors() -> Markup:
    return element(
        "section",
        {"id": "errors"},
        element("h2", None, "Errors"),
        element(
            "p",
            None,
            prose(
                "Whatever fails is told in one form, with a `code` where programs need to tell "
                "cases apart and `details` by field when the request is malformed. Every answer "
                "carries `X-Request-Id`; send your own to find an exchange again in the log."
            ),
        ),
        element(
            "figure", {"class": "example"}, element("pre", None, element("code", None, _ERROR))
        ),
    )
