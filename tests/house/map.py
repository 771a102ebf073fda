"""Writes docs/map.md anew: every module of the house with the sentence it begins with."""

import ast
from itertools import groupby

from tests.house.code import ROOT, Module, modules

MAP = ROOT / "docs" / "map.md"

HEAD = """# Map of the house

Every module of leal with the first sentence of what it says about itself, floor by floor, from the
door to the foundation. `make docs` writes this page; a test fails when it is not true.

A request goes one way: **api** reads it, **usecases** loads the customer from **storage** (one
statement), **domain** decides, storage saves (one statement), api shows the result. A noun has the
same name on every floor: to follow customers, look for `customers.py`.
"""

FLOORS = ("cli", "app", "settings", "api", "web", "jobs", "usecases", "integrations", "storage")


def write() -> None:
    """Puts the map where it belongs."""
    MAP.write_text(drawn(), encoding="utf-8")


def drawn() -> str:
    """The page as it should be."""
    parts = [HEAD]
    shown = [module for module in modules() if module.path.name != "__init__.py"]
    shown.sort(key=lambda module: (_floor_number(module), module.name))
    for floor, group in groupby(shown, key=_floor):
        rows = [f"| `{_inner(module)}` | {_sentence(module)} |" for module in group]
        parts.append("\n".join([f"\n## {floor}\n", "| module | what for |", "|---|---|", *rows]))
    return "\n".join(parts) + "\n"


def _floor(module: Module) -> str:
    return module.path.relative_to(ROOT / "src" / "leal").parts[0].removesuffix(".py")


def _floor_number(module: Module) -> int:
    order = (*FLOORS, "domain")
    return order.index(_floor(module))


def _inner(module: Module) -> str:
    return module.path.relative_to(ROOT / "src" / "leal").as_posix()


def _sentence(module: Module) -> str:
    docstring = ast.get_docstring(module.tree) or ""
    return " ".join(docstring.split("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    write()
