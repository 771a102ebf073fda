"""The house rules that no linter knows. Each was seen to fail on a planted offender."""

import ast
import re
from importlib.resources import files

import pytest

from tests.house.code import ROOT, SOURCE, Module, everything, functions, modules

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc"}
FLOORS = {"cli", "api", "web", "jobs", "usecases", "integrations", "storage", "domain"}

NOT_OF_A_PROGRAM = {
    # the queue of the whole installation, in the shape that its library asks for
    "pgqueuer",
    "pgqueuer_log",
    "pgqueuer_schedules",
    "pgqueuer_statistics",
    # people and apps of the whole installation: what they may touch is kept by program
    "operators",
    "operator_sessions",
    "sign_in_attempts",
    "oauth_apps",
}

ROUTE_TABLES = [each for each in modules("src/leal/api") if each.path.name.endswith("routes.py")]

ours = pytest.mark.parametrize("module", everything(), ids=lambda module: module.name)
source = pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)


@ours
def test_a_file_fits_into_a_head(module: Module) -> None:
    assert module.lines <= MAX_FILE_LINES


@source
def test_a_function_fits_on_a_screen(module: Module) -> None:
    long = {
        function.name: length
        for function in functions(module)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


@source
def test_no_function_takes_whatever_it_is_given(module: Module) -> None:
    assert [f.name for f in functions(module) if f.args.kwarg] == []


@ours
def test_imports_stand_at_the_top_and_are_real(module: Module) -> None:
    hidden = [
        node.lineno
        for function in functions(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert hidden == []
    assert not re.search(r"^\s*if (typing\.)?TYPE_CHECKING", module.text, re.MULTILINE)


@source
def test_a_module_says_what_it_is_for(module: Module) -> None:
    if module.path.name == "__init__.py":
        has_code = bool(module.tree.body)
        assert not has_code or "registry" in (ast.get_docstring(module.tree) or "")
        return
    assert ast.get_docstring(module.tree)


@ours
def test_names_are_of_the_field(module: Module) -> None:
    assert module.path.stem not in VAGUE_NAMES


@ours
def test_nothing_is_left_to_do_later(module: Module) -> None:
    left = re.findall(r"#.*\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b.*", module.text)
    assert left == []


def test_there_are_no_floors_but_those_of_the_house() -> None:
    found = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert found == FLOORS
    assert {path.name for path in SOURCE.glob("*.py")} == {"__init__.py", "app.py", "settings.py"}


@pytest.mark.parametrize("module", modules("src/leal/domain"), ids=lambda module: module.name)
def test_the_domain_never_waits(module: Module) -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    assert not [node.lineno for node in ast.walk(module.tree) if isinstance(node, waiting)]


@pytest.mark.parametrize("module", ROUTE_TABLES, ids=lambda module: module.name)
def test_handlers_catch_nothing(module: Module) -> None:
    assert not [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.Try)]


def test_every_table_and_unique_key_starts_with_the_program() -> None:
    migrations = files("leal.storage").joinpath("migrations")
    sql = "\n".join(
        entry.read_text() for entry in sorted(migrations.iterdir(), key=lambda entry: entry.name)
    )
    tables = re.findall(r"CREATE TABLE (\w+) \(\s*(\w+)", sql)
    assert len(tables) > 5
    assert {table for table, first in tables if first != "program_id"} == NOT_OF_A_PROGRAM
    keys = re.findall(r"PRIMARY KEY \((\w+)", sql)
    unique = re.findall(r"CREATE UNIQUE INDEX \w+\s+ON (\w+) \(\s*(\w+)", sql)
    keys += [first for table, first in unique if table not in NOT_OF_A_PROGRAM]
    assert set(keys) == {"program_id"}


def test_no_file_names_a_registry_or_a_machine() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    offenders = [
        module.name
        for module in everything()
        if re.search(r"""["'(\s]/(?:home|root|work|Users)/""", module.text)
    ]
    assert offenders == []
