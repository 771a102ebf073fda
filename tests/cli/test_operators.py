"""`leal operator`: accounts are made, kept out and let in again, and what is wrong is said.

Seen to fail with an account that stays disabled when it is enabled.
"""

import re
import secrets

from leal.storage.db import Database
from leal.usecases.operators import Operators, SignInRefused
from tests.cli.command import Leal
from tests.databases import with_database
from tests.worlds import START

_PASSWORD = "correct horse battery"
_OTHER = "staple of the battery"
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")


def _lets_in(leal: Leal, login: str, password: str) -> str | None:
    """The name of who signs in like this; None for nobody."""

    async def sign_in(database: Database) -> str | None:
        door = Operators(database, entropy=lambda: secrets.token_bytes(32))
        visit = ("203.0.113.9", "r")
        try:
            made = await door.sign_in(login, password, visit=visit, before=None, now=START)
        except SignInRefused:
            return None
        return made.operator.name

    return with_database(leal.database_url, sign_in)


def _listed(leal: Leal) -> str:
    return _TIME.sub("TIME", leal.run("operator", "list"))


def test_an_account_from_its_first_password_to_its_end(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    assert _listed(leal) == ""
    made = leal.tell(
        *("operator", "create", "Kim", "--name", "Kim Doe", "--program", "1"),
        typed=f"{_PASSWORD}\n",
    )
    assert made == ("", "operator 1 (Kim) can sign in at /login\n")
    leal.tell("operator", "create", "lee", "--name", "Lee", "--every-program", typed=_OTHER)
    assert _listed(leal) == "1\tkim\tKim Doe\t1\tactive\n2\tlee\tLee\tall\tactive\n"
    assert _lets_in(leal, "kim", _PASSWORD) == "Kim Doe"
    assert _lets_in(leal, "lee", _OTHER) == "Lee"

    told = leal.tell("operator", "password", "kim", typed=f"{_OTHER}\r\n")
    assert told == ("", "kim has a new password\n")
    assert [_lets_in(leal, "kim", each) for each in (_PASSWORD, _OTHER)] == [None, "Kim Doe"]

    told = leal.tell("operator", "disable", "kim")
    assert told == ("", "kim is disabled; `leal operator enable kim` takes that back\n")
    assert _listed(leal).splitlines()[0] == "1\tkim\tKim Doe\t1\tdisabled TIME"
    assert _lets_in(leal, "kim", _OTHER) is None
    told = leal.tell("operator", "enable", "kim")
    assert told == ("", "kim can sign in at /login again\n")
    assert _lets_in(leal, "kim", _OTHER) == "Kim Doe"


_FOR_ALL = ("--name", "x", "--every-program")
_REFUSED: tuple[tuple[tuple[str, ...], str | None, str], ...] = (
    (("create", "KIM", *_FOR_ALL), _PASSWORD, "there is an operator kim already: see `leal ope"),
    (("create", "lee", "--name", "x"), _PASSWORD, "say either --program (once for each) or --e"),
    (("create", "lee", *_FOR_ALL, "--program", "1"), _PASSWORD, "say either --program (once for"),
    (("create", "lee", "--name", "x", "--program", "9"), _PASSWORD, "there is no program 9: see"),
    (("create", "lee", *_FOR_ALL), "short", "a password has 12 to 1000 characters"),
    (("create", "lee", *_FOR_ALL), "", "a password has 12 to 1000 characters"),
    (("create", "l ee", *_FOR_ALL), _PASSWORD, "a login has 1 to 200 ASCII characters and no s"),
    (("create", "lée", *_FOR_ALL), _PASSWORD, "a login has 1 to 200 ASCII characters"),
    (("create", "lee", "--name", " ", "--every-program"), _PASSWORD, "a name has 1 to 200 char"),
    (("password", "bo"), _PASSWORD, "there is no operator bo: see `leal operator list`"),
    (("disable", "bo"), None, "there is no operator bo: see `leal operator list`"),
    (("enable", "bo"), None, "there is no operator bo: see `leal operator list`"),
)


def test_what_cannot_be_done_is_said_and_changes_nothing(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    leal.tell("operator", "create", "kim", "--name", "Kim", "--program", "1", typed=_PASSWORD)
    for words, typed, said in _REFUSED:
        told = leal.fail("operator", *words, typed=typed)
        assert told.startswith(f"leal: {said}")
        assert told.count("\n") == 1
    assert leal.run("operator", "list") == "1\tkim\tKim\t1\tactive\n"
    assert len(leal.run("audit").splitlines()) == 2
