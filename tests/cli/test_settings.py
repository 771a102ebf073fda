"""Settings: every wrong value is refused by name with a right one; secrets are not printed."""

import base64
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest

from leal.settings import BadSetting, load_secret_key, read_settings

_KEY = bytes(range(224, 256))


def test_everything_has_a_default() -> None:
    settings = read_settings({"LEAL_PORT": ""})
    assert settings.database_url is None
    assert settings.data.is_absolute()
    assert (settings.host, settings.port, settings.public_url) == (
        "127.0.0.1",
        8000,
        "http://127.0.0.1:8000",
    )
    assert (settings.rate_limit, settings.pool_size, settings.log_level) == (20, 10, "info")


@pytest.mark.parametrize(("days", "kept"), [("", None), ("0", None), ("400", 400)])
def test_events_are_kept_for_good_unless_days_are_set(days: str, kept: int | None) -> None:
    assert read_settings({"LEAL_EVENT_DAYS": days}).event_days == kept


@pytest.mark.parametrize(
    ("environ", "public_url"),
    [
        ({"LEAL_HOST": "0.0.0.0", "LEAL_PORT": "81"}, "http://127.0.0.1:81"),  # noqa: S104 - read, not bound
        ({"LEAL_HOST": "::1"}, "http://[::1]:8000"),
        ({"LEAL_PUBLIC_URL": "https://x.example/loyal/"}, "https://x.example/loyal"),
    ],
)
def test_the_public_address_follows_the_private_one(
    environ: dict[str, str], public_url: str
) -> None:
    assert read_settings(environ).public_url == public_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEAL_PORT", "http"),
        ("LEAL_PORT", "0"),
        ("LEAL_PORT", "65536"),
        ("LEAL_PORT", "٨"),
        ("LEAL_PORT", "8" * 5000),
        ("LEAL_EVENT_DAYS", "-1"),
        ("LEAL_EVENT_DAYS", "for ever"),
        ("LEAL_RATE_LIMIT", "-1"),
        ("LEAL_RATE_LIMIT", "1.5"),
        ("LEAL_POOL_SIZE", "0"),
        ("LEAL_WEBVIEW_SECONDS", "59"),
        ("LEAL_DATABASE_URL", "mysql://x"),
        ("LEAL_PUBLIC_URL", "x.example"),
        ("LEAL_PUBLIC_URL", "ftp://x.example"),
        ("LEAL_PUBLIC_URL", "https://x.example:99999"),
        ("LEAL_PUBLIC_URL", "https://x.example/?a=b"),
        ("LEAL_PUBLIC_URL", "https://"),
        ("LEAL_LOG_LEVEL", "loud"),
        ("LEAL_OUTGOING_ALLOW", "intranet"),
        ("LEAL_OUTGOING_ALLOW", "10.0.0.1/8"),
        ("LEAL_OUTGOING_ALLOW", "10.0.0.0/8;127.0.0.0/8"),
        ("LEAL_SECRET_KEY", "c2hvcnQ="),
        ("LEAL_SECRET_KEY", "not base64!"),
        ("LEAL_SECRET_KEY", "é"),
    ],
)
def test_a_wrong_value_is_named_and_a_right_one_shown(name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=f"^{name}: .+; for example {name}=.+"):
        read_settings({name: value})


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", ()),
        ("127.0.0.0/8", (ip_network("127.0.0.0/8"),)),
        (" 10.20.0.0/16, fd00::/8,", (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))),
        ("10.1.2.3", (ip_network("10.1.2.3/32"),)),
    ],
)
def test_networks_for_outgoing_calls_are_listed(text: str, networks: tuple[object, ...]) -> None:
    assert read_settings({"LEAL_OUTGOING_ALLOW": text}).outgoing_allow == networks


@pytest.mark.parametrize("encode", [base64.urlsafe_b64encode, base64.b64encode])
@pytest.mark.parametrize("padding", ["", "="])
def test_a_secret_key_is_read_in_either_base64(encode: type[bytes], padding: str) -> None:
    text = encode(_KEY).decode().rstrip("=") + padding
    assert read_settings({"LEAL_SECRET_KEY": text}).secret_key == _KEY


def test_secrets_are_not_printed() -> None:
    key = base64.b64encode(_KEY).decode()
    url = "postgresql://leal:hidden@db/leal"
    shown = repr(read_settings({"LEAL_SECRET_KEY": key, "LEAL_DATABASE_URL": url}))
    assert "hidden" not in shown
    assert repr(_KEY) not in shown
    with pytest.raises(BadSetting) as caught:
        read_settings({"LEAL_SECRET_KEY": key[:-2]})
    assert key[:8] not in str(caught.value)


def test_a_secret_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    settings = read_settings({"LEAL_DATA": str(tmp_path / "new")})
    first = load_secret_key(settings)
    assert len(first) == 32
    assert load_secret_key(settings) == first
    files = list((tmp_path / "new").iterdir())
    assert [file.name for file in files] == ["secret.key"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_a_damaged_key_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    path.write_text("damaged")
    with pytest.raises(BadSetting, match="LEAL_SECRET_KEY"):
        load_secret_key(read_settings({"LEAL_DATA": str(tmp_path)}))
    assert path.read_text() == "damaged"
