"""`leal program`: what is shown can be edited and applied again; slips are explained."""

import re
from pathlib import Path

import pytest
import yaml

from leal.cli.showing import Mistake
from leal.cli.yaml_files import read_yaml
from tests.cli.command import DOCUMENT, Leal


def test_a_document_goes_through_validate_apply_show_and_back(leal: Leal) -> None:
    path = leal.write()
    assert leal.run("program", "validate", path) == ""
    lines = leal.run("program", "apply", path).splitlines()
    assert [line.split("\t")[:2] for line in lines] == [["1", "Shop"]] * 4
    shown = leal.run("program", "show")
    assert yaml.safe_load(shown) == DOCUMENT
    edited = leal.folder / "edited.yaml"
    edited.write_text(shown.replace("Acme", "Acmé"))
    # No new site, so no new secrets.
    assert leal.run("program", "apply", str(edited)) == ""
    assert yaml.safe_load(leal.run("program", "show"))["name"] == "Acmé"
    assert leal.run("program", "show", "--version", "1") == shown
    versions = [line.split("\t")[0] for line in leal.run("program", "versions").splitlines()]
    assert versions == ["2", "1"]
    assert "no version 3" in leal.fail("program", "show", "--version", "3")


def test_several_programs_have_to_be_told_apart(leal: Leal) -> None:
    path = leal.write()
    leal.run("program", "apply", path)
    leal.run("program", "apply", path, "--new")
    ids = [line.split("\t")[0] for line in leal.run("program", "list").splitlines()]
    assert len(ids) == 2
    for words in (("program", "apply", path), ("program", "show"), ("site", "list")):
        assert f"--program ({', '.join(ids)})" in leal.fail(*words)
    leal.run("program", "apply", path, "--program", ids[1])
    versions = [line.split("\t")[2] for line in leal.run("program", "list").splitlines()]
    assert versions == ["1", "2"]
    assert "no program 99" in leal.fail("program", "apply", path, "--program", "99")
    assert "leave out --program" in leal.fail("program", "apply", path, "--new", "--program", "1")


def test_without_a_program_the_next_step_is_named(leal: Leal) -> None:
    for words in (("program", "show"), ("site", "list"), ("key", "list")):
        assert "`leal program apply FILE`" in leal.fail(*words)
    assert leal.run("program", "list") == ""


@pytest.mark.parametrize("command", ["validate", "apply"])
def test_every_problem_of_a_document_is_listed(leal: Leal, command: str) -> None:
    said = leal.fail("program", command, leal.write(name=5, sites=[]))
    assert re.search(r"^name\t.+\t.+$", said, re.MULTILINE)
    assert re.search(r"^sites\t.+\t.+$", said, re.MULTILINE)
    assert leal.run("program", "list") == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3, column 1: the key 'a' is there twice"),
        ("a: {b: 1, b: 2}\n", "line 1, column 11: the key 'b' is there twice"),
        ("a: &x [1]\nb: *x\n", "line 2, column 4: aliases"),
        ("a: [1\n", "line 2, column 1"),
        ("a: !!python/object:os.system {}\n", "line 1, column 4: could not determine"),
        ("a: 2026-13-45\n", "is not YAML"),
        ("[" * 5000, "nested too deeply"),
        ("a: " + "x" * 1_000_000, "larger than 1,000,000 bytes"),
        ("a: \x00", "is not YAML"),
    ],
)
def test_yaml_that_could_be_a_slip_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "slip.yaml"
    path.write_text(text)
    with pytest.raises(Mistake, match=re.escape(message)):
        read_yaml(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(Mistake, match=re.escape(f"cannot read {path}")):
            read_yaml(path)
