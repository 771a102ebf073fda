"""No secret that leal gave out lies readable in any table, whoever gets hold of a dump.

Each is made with the real app and searched for in every row of every table: as it is, and in the
writings that PostgreSQL and JSON have for bytes. Seen to fail with a loyalty page that was opened
with an `Idempotency-Key`: its answer, address and all, is kept as it was.
"""

import base64
import json

from tests.oauth.office import PASSWORD, Office


def test_a_dump_gives_no_secret_away(office: Office) -> None:
    secrets = everything_given_out(office)
    assert len(secrets) == 13
    dump = everything_kept(office)
    assert "ann" in dump
    for what, secret in secrets.items():
        assert len(secret) >= 10, what
        for written in writings(secret):
            assert written not in dump, what


def everything_given_out(office: Office) -> dict[str, str]:
    """A secret of each kind, by what it is."""
    world = office.world
    office.sign_in()
    code = office.code()
    token = office.exchange(code).json["access_token"]
    site = world.tenant.sites[0]
    opened = world.post(
        f"/v2/sites/{site.site_id}/webviews/sessions",
        {"channel": "app", "customer": {"merchant_id": "ann", "email": "ann@x.example"}},
    )
    assert opened.status == 201, opened.body
    page = opened.json["webview_session"]["url"].rpartition("/")[2]
    shopper = world.session_token("ann")
    path = f"/headless/2025-06/{site.site_id}/customers/ann?channel=web"
    assert world.get(path, key=shopper).status == 200
    return {
        "API key": world.tenant.key,
        "API key without its prefix": world.tenant.key[4:],
        "code": code,
        "app's token": token,
        "app's token without its prefix": token[4:],
        "app's secret": office.secret,
        "operator's password": PASSWORD,
        "operator's session": office.cookies["leal_session"],
        "site's secret": site.secret,
        "site's SDK secret": site.sdk_secret,
        "basic credentials": base64.b64encode(f"{site.token}:{site.secret}".encode()).decode(),
        "shopper's token": shopper,
        "page's token": page,
    }


def everything_kept(office: Office) -> str:
    """Every row of every table."""
    world = office.world
    tables = world.run(
        world.database.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    )
    lines: list[str] = []
    for (table,) in tables:
        sql = f"SELECT t::text AS line FROM {table} t"  # noqa: S608 - from the catalogue
        lines += (row["line"] for row in world.run(world.database.rows(sql)))
    return "\n".join(lines)


def writings(secret: str) -> tuple[str, ...]:
    """How a text may stand in a table."""
    raw = secret.encode()
    return secret, raw.hex(), base64.b64encode(raw).decode().rstrip("="), json.dumps(secret)[1:-1]
