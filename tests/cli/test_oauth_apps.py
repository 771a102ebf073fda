"""`leal oauth-app`: apps are registered, given new secrets and ended, and what is wrong is said.

Seen to fail with a secret that is replaced in the table of hashes only.
"""

import re

from leal.settings import load_secret_key, read_settings
from leal.storage.db import Database
from leal.storage.oauth import app_secret
from leal.storage.sealing import Sealer
from leal.usecases import oauth
from tests.cli.command import Leal
from tests.databases import with_database

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00")
_HOST = "https://app.example"
_SAID = {
    "--name": "Post",
    "--url": _HOST,
    "--image-url": f"{_HOST}/i.png",
    "--install-url": f"{_HOST}/install",
    "--redirect-url": f"{_HOST}/back",
    "--alert-email": "ops@app.example",
}


def _create(**changes: str) -> tuple[str, ...]:
    said = _SAID | {f"--{name.replace('_', '-')}": value for name, value in changes.items()}
    return ("oauth-app", "create", *(word for pair in said.items() for word in pair))


def _is_let_in(leal: Leal, client_id: str, secret: str) -> bool:
    """Whether the app may exchange codes with this secret, and its webhooks are signed with it."""

    async def ask(database: Database) -> bool:
        sealer = Sealer(load_secret_key(read_settings(leal.environ())))
        try:
            found = await oauth.client(database, client_id, secret)
        except oauth.OAuthError:
            return False
        return await app_secret(database, sealer, found.id) == secret

    return with_database(leal.database_url, ask)


def test_an_app_from_its_registration_to_its_end(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    printed, said = leal.tell(*_create(description="Sends parcels"))
    assert said == "keep the secret, it is shown only now:\n"
    made = re.fullmatch(r"client_id\t([0-9a-f]{32})\nclient_secret\t([0-9a-f]{64})\n", printed)
    assert made is not None
    client_id, first = made.groups()
    assert _is_let_in(leal, client_id, first)
    assert leal.run("oauth-app", "list") == f"{client_id}\tPost\tactive\n"
    assert _TIME.sub("TIME", leal.run("oauth-app", "show", client_id)).splitlines() == [
        f"client_id\t{client_id}",
        "name\tPost",
        "description\tSends parcels",
        "url\thttps://app.example",
        "image_url\thttps://app.example/i.png",
        "install_url\thttps://app.example/install",
        "redirect_url\thttps://app.example/back",
        "alert_email\tops@app.example",
        "created_at\tTIME",
        "state\tactive",
    ]

    printed, said = leal.tell("oauth-app", "rotate-secret", client_id)
    second = printed.removesuffix("\n")
    assert (len(second), said) == (64, "keep it, it is shown only now:\n")
    assert [_is_let_in(leal, client_id, each) for each in (first, second)] == [False, True]

    told = leal.tell("oauth-app", "revoke", client_id, "--program", "1")
    assert told == ("", "0 token(s) are revoked\n")
    assert _is_let_in(leal, client_id, second)
    told = leal.tell("oauth-app", "revoke", client_id)
    assert told == ("", f"app {client_id} is revoked\n")
    assert not _is_let_in(leal, client_id, second)
    listed = _TIME.sub("TIME", leal.run("oauth-app", "list"))
    assert listed == f"{client_id}\tPost\trevoked TIME\n"
    assert leal.fail("oauth-app", "rotate-secret", client_id) == (
        "leal: this app was revoked for good: register it anew with `leal oauth-app create`\n"
    )


_UNKNOWN = "there is no app with this client id: see `leal oauth-app list`"
_REFUSED = (
    (_create(name=""), "an app's name has 1 to 150 characters"),
    (_create(description="x" * 151), "a description has at most 150 characters"),
    (_create(alert_email="ops"), "the alert e-mail is not an address"),
    (_create(url="http://app.example"), "the url URL must begin with https:// and name a host"),
    (_create(image_url="https://"), "the image URL must begin with https:// and name a host"),
    (_create(redirect_url="http://app.example"), "the redirect URL must begin with https:// and"),
    (("oauth-app", "show", "nobody"), _UNKNOWN),
    (("oauth-app", "rotate-secret", "nobody"), _UNKNOWN),
    (("oauth-app", "revoke", "nobody"), _UNKNOWN),
    (("oauth-app", "revoke", "nobody", "--program", "8"), "there is no program 8: see `leal pro"),
)


def test_what_cannot_be_done_is_said_and_changes_nothing(leal: Leal) -> None:
    leal.run("program", "apply", leal.write())
    for words, said in _REFUSED:
        told = leal.fail(*words)
        assert told.startswith(f"leal: {said}")
        assert told.count("\n") == 1
    assert leal.run("oauth-app", "list") == ""
    assert len(leal.run("audit").splitlines()) == 1
