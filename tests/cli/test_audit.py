"""`leal audit`: what was done by hand is listed, the newest first, page by page.

Seen to fail with deeds of no program left out.
"""

import getpass
import re

from typer.testing import CliRunner

from leal.cli.main import app
from tests.cli.command import Leal

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")


def _listed(leal: Leal, *words: str) -> list[str]:
    """The log with what differs from time to time and machine to machine written over."""
    who = f"command_line {getpass.getuser()} {getpass.getuser()}"
    listed = leal.run("audit", *words).splitlines()
    return [_TIME.sub("TIME", line).replace(who, "WHO") for line in listed]


def test_deeds_are_listed_and_chosen_from(leal: Leal) -> None:
    assert leal.tell("audit") == ("", "nothing like this was noted\n")
    leal.run("program", "apply", leal.write())
    leal.run("key", "create", "--name", "till", "--scopes", "all")
    leal.run("key", "revoke", "1")
    leal.run("site", "rotate", "1", "sdk")
    password = "correct horse battery"
    leal.tell("operator", "create", "kim", "--name", "K", "--every-program", typed=password)
    everything = _listed(leal)
    assert everything == [
        "5\tTIME\t\tWHO\toperator.created\toperator 1\t\t",
        "4\tTIME\t1\tWHO\tsite.rotated\tsite 1\twhat=sdk\t",
        "3\tTIME\t1\tWHO\tkey.revoked\tkey 1\t\t",
        "2\tTIME\t1\tWHO\tkey.created\tkey 1\t\t",
        "1\tTIME\t1\tWHO\tprogram.applied\tprogram 1\tversion=1\t",
    ]
    assert _listed(leal, "--program", "0") == everything[:1]
    assert _listed(leal, "--program", "1") == everything[1:]
    assert _listed(leal, "--action", "key.created") == everything[3:4]
    assert _listed(leal, "--before", "3") == everything[3:]
    assert leal.tell("audit", "--limit", "2")[1] == "there is more: --before 4\n"
    assert _listed(leal, "--limit", "2", "--before", "4") == everything[2:4]


def test_what_cannot_be_asked_for_is_said(leal: Leal) -> None:
    assert leal.fail("audit", "--program", "7") == (
        "leal: there is no program 7: see `leal program list`\n"
    )
    wrong = CliRunner().invoke(app, ["audit", "--action", "nope"], env=leal.environ())
    assert wrong.exit_code == 2
    assert "key.created" in wrong.stderr
