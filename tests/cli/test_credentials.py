"""`leal key` and `leal site`: secrets are printed when asked for, and only then."""

import re

from typer.testing import CliRunner

from leal.cli.main import app
from leal.domain.problems import Unauthenticated
from leal.settings import load_secret_key, read_settings
from leal.storage.db import Database
from leal.storage.sealing import Sealer
from leal.usecases.access import Access
from tests.cli.command import Leal
from tests.databases import with_database


def _recognised(leal: Leal, *, key: str = "", pair: tuple[str, str] = ("", "")) -> str | None:
    async def ask(database: Database) -> str | None:
        sealer = Sealer(load_secret_key(read_settings(leal.environ())))
        access = Access(database, sealer, clock=lambda: 0)
        try:
            caller = await (access.bearer_key(key) if key else access.site_pair(*pair))
        except Unauthenticated:
            return None
        return caller.name

    return with_database(leal.database_url, ask)


def test_a_key_works_from_its_creation_to_its_end(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    words = ("key", "create", "--name", "till", "--scopes", "read_orders,write_customers")
    secret = leal.run(*words).strip()
    assert re.fullmatch(r"pat_[0-9a-f]{32}", secret)
    assert _recognised(leal, key=secret) == "till"
    key_id, name, shown, scopes, _created_at, state = leal.run("key", "list").strip().split("\t")
    assert (name, shown, state) == ("till", f"{secret[:9]}…", "active")
    assert set(scopes.split()) == {"read_orders", "write_customers"}
    leal.run("key", "revoke", key_id)
    assert _recognised(leal, key=secret) is None
    assert "revoked" in leal.run("key", "list")


def test_keys_that_cannot_be_made_or_found_are_explained(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    said = leal.fail("key", "create", "--name", "x", "--scopes", "everything")
    assert "choose from read_customers" in said
    assert "`leal key list`" in leal.fail("key", "revoke", "77")


def test_site_secrets_are_shown_only_when_revealed(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    shown = _values(leal.run("site", "list"))
    revealed = _values(leal.run("site", "list", "--reveal"))
    assert set(revealed) - set(shown) == {"secret", "SDK secret"}
    assert shown.items() <= revealed.items()
    token, secret = revealed["token"], revealed["secret"]
    assert _recognised(leal, pair=(token, secret)) == "site 1"
    assert re.fullmatch(r"[0-9a-f]{20,}", token)
    assert re.fullmatch(r"[0-9a-f]{40}", secret)


def test_a_leaked_secret_is_replaced_and_the_old_one_refused(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    old = _values(leal.run("site", "list", "--reveal"))
    made = dict([leal.run("site", "rotate", "1", "secret").rstrip("\n").split("\t")])
    assert re.fullmatch(r"[0-9a-f]{40}", made["secret"])
    assert _recognised(leal, pair=(old["token"], old["secret"])) is None
    assert _recognised(leal, pair=(old["token"], made["secret"])) == "site 1"

    lines = leal.run("site", "rotate", "1", "sdk").splitlines()
    made |= dict(line.split("\t") for line in lines)
    assert re.fullmatch(r"[0-9a-f]{32}", made["SDK key id"])
    new = _values(leal.run("site", "list", "--reveal"))
    assert new == {"token": old["token"]} | made
    assert not set(made.values()) & set(old.values())
    # who rotated what is known, and the secrets are not
    log = leal.run("audit", "--action", "site.rotated")
    assert [line.split("\t")[5:7] for line in log.splitlines()] == [
        ["site 1", "what=sdk"],
        ["site 1", "what=secret"],
    ]
    assert not any(secret in log for secret in made.values())


def test_a_rotation_says_what_follows_or_what_to_do(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    assert leal.fail("site", "rotate", "7", "sdk") == (
        "leal: there is no site 7: see `leal site list`\n"
    )
    told = CliRunner().invoke(app, ["site", "rotate", "1", "sdk"], env=leal.environ()).stderr
    assert told == (
        "session tokens signed with the old one are refused within five seconds: enter the new one"
        " where the shop signs them; pages that are open then ask for new tokens\n"
    )


def _values(output: str) -> dict[str, str]:
    lines = [line.split("\t") for line in output.splitlines()]
    return {what: value for _site, _name, what, value in lines}


def test_a_lost_secret_key_is_told_with_its_remedy(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    (leal.folder / "secret.key").unlink()
    assert "restore LEAL_SECRET_KEY" in leal.fail("site", "list", "--reveal")
