"""What every page has around its own part: head, bar and, in the reference, the menu."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leal.web.contents import Content
from leal.web.markup import Markup, element, joined
from leal.web.reference import Api, Operation

DOCS = "/docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The frame of all pages: `files` are the static ones, `apis` what the menu lists."""

    files: Mapping[str, Content]
    apis: Sequence[Api]

    def page(self, title: str, main: Markup, *, at: str | None = None) -> str:
        """A whole page; `at` is its path in the reference, None for pages without the menu."""
        menu = () if at is None else (self._menu(at),)
        layout = "plain" if at is None else "reference"
        body = element(
            "body",
            {"class": layout},
            element("a", {"class": "skip", "href": "#main"}, "Skip to the content"),
            _bar(with_menu=at is not None),
            *menu,
            element("main", {"id": "main", "tabindex": "-1"}, main),
        )
        return "<!doctype html>" + element("html", {"lang": "en"}, self._head(title), body)

    def _head(self, title: str) -> Markup:
        return element(
            "head",
            None,
            element("meta", {"charset": "utf-8"}),
            element("title", None, title),
            element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            element("meta", {"name": "color-scheme", "content": "light dark"}),
            element("link", {"rel": "icon", "href": self._file("leal.svg")}),
            element("link", {"rel": "stylesheet", "href": self._file("leal.css")}),
            element("script", {"src": self._file("reference.js"), "defer": None}),
        )

    def _file(self, name: str) -> str:
        return f"/static/{name}?{self.files[name].digest}"

    def _menu(self, at: str) -> Markup:
        label = {"id": "menu", "class": "menu", "aria-label": "API reference", "popover": None}
        search = element(
            "label",
            {"class": "filter", "hidden": None},
            element("span", {"class": "unseen"}, "Filter the operations"),
            element("input", {"type": "search", "placeholder": "Filter", "autocomplete": "off"}),
        )
        overview = element("li", None, _link(DOCS, at, "Overview"))
        return element(
            "nav",
            label,
            search,
            element("ul", None, overview),
            *(_listed(api, at) for api in self.apis),
        )


def operation_path(api: Api, operation: Operation) -> str:
    """Where an operation's page is."""
    return f"{DOCS}{api.prefix}/{operation.name}"


def method_mark(method: str) -> Markup:
    """A method, coloured by what it does."""
    return element("span", {"class": f"method {method.lower()}"}, method)


def words(name: str) -> str:
    """An identifier as words: `email_marketing` becomes "Email marketing"."""
    spaced = "".join(f" {each.lower()}" if each.isupper() else each for each in name)
    return spaced.replace("_", " ").strip().capitalize()


def _bar(*, with_menu: bool) -> Markup:
    menu = element("button", {"class": "open-menu", "popovertarget": "menu"}, "Menu")
    return element(
        "header",
        {"class": "bar"},
        element("a", {"class": "brand", "href": "/"}, "leal"),
        element("a", {"href": DOCS}, "API reference"),
        *((menu,) if with_menu else ()),
    )


def _listed(api: Api, at: str) -> Markup:
    groups = (
        joined(
            (
                element("h3", None, words(group)),
                element("ul", None, *(_entry(api, each, at) for each in operations)),
            )
        )
        for group, operations in api.groups().items()
    )
    version = element("small", None, api.version)
    return element("section", None, element("h2", None, api.title, " ", version), *groups)


def _entry(api: Api, operation: Operation, at: str) -> Markup:
    shown = words(operation.name.rpartition(".")[2])
    return element(
        "li",
        None,
        _link(operation_path(api, operation), at, shown, method_mark(operation.method)),
    )


def _link(path: str, at: str, *inside: str) -> Markup:
    current = {"aria-current": "page"} if path == at else {}
    return element("a", {"href": path, **current}, *inside)
