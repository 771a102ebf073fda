"""The settings of one process, read once from LEAL_* variables."""

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from platformdirs import user_data_dir

_SECRET_BYTES = 32
_MAKE_A_KEY = "$(openssl rand -base64 32)"
_MAKE_A_TOKEN = "$(openssl rand -hex 24)"  # noqa: S105 - a command that makes one
_SHORTEST_TOKEN = 16
_LOG_LEVELS = ("debug", "info", "warning", "error")
_LOG_FORMATS = ("auto", "json", "text")
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound to


class BadSetting(ValueError):  # noqa: N818 - said of the setting
    """A variable holds something unusable; the message names it and shows a good value."""

    def __init__(self, name: str, wrong: str, example: str) -> None:
        super().__init__(f"{name}: {wrong}; for example {name}={example}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the operator decides.

    ``database_url`` None means the embedded server under ``data``. ``rate_limit`` is requests per
    second and key, 0 for no limit. ``secret_key`` None means the one kept in ``data``: see
    ``load_secret_key``. ``public_url`` has no slash at its end. ``worker`` tells whether
    `leal serve` keeps a worker beside it. ``outgoing_allow`` holds the networks that merchants'
    webhooks may lead to although they are not public. ``hide_paused_webhooks`` shows API clients
    as deleted what is only paused; ``delivery_days`` is how long deliveries are remembered,
    ``event_days`` how long events are, None for good, and ``webview_seconds`` how long the address
    of a loyalty page is good. Each process that answers
    keeps ``max_connections``, works on ``max_requests`` at once, and ends a connection on which
    there was no request for ``idle_seconds``. ``metrics_token`` is what a reader of ``/metrics``
    sends; None: readers are on this machine, if ``is_local``, which is where nobody said how leal
    is reached from elsewhere. ``stop_delay_seconds`` is how long a server that is told to stop
    still takes requests, while it says that it is not ready. ``log_format`` is ``json``, ``text``,
    or ``auto`` for text on a terminal only.
    """

    database_url: str | None = field(repr=False)
    data: Path
    host: str
    port: int
    rate_limit: int
    pool_size: int
    secret_key: bytes | None = field(repr=False)
    public_url: str
    log_level: str
    worker: bool
    outgoing_allow: tuple[IPv4Network | IPv6Network, ...]
    webview_seconds: int
    hide_paused_webhooks: bool = False
    delivery_days: int = 30
    max_connections: int = 1_000
    max_requests: int = 500
    idle_seconds: int = 75
    metrics_token: str | None = field(default=None, repr=False)
    is_local: bool = False
    stop_delay_seconds: int = 0
    log_format: str = "auto"
    event_days: int | None = None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read every variable; unset and empty ones take their default. Raises BadSetting."""
    host = environ.get("LEAL_HOST") or "127.0.0.1"
    port = _number(environ, "LEAL_PORT", 8000, between=(1, 65_535))
    data = environ.get("LEAL_DATA") or user_data_dir("leal", appauthor=False)
    return Settings(
        database_url=_database_url(environ),
        data=Path(data).expanduser().absolute(),
        host=host,
        port=port,
        rate_limit=_number(environ, "LEAL_RATE_LIMIT", 20, between=(0, 1_000_000)),
        pool_size=_number(environ, "LEAL_POOL_SIZE", 10, between=(1, 1000)),
        secret_key=_secret_key(environ),
        public_url=_public_url(environ, host, port),
        log_level=_choice(environ, "LEAL_LOG_LEVEL", _LOG_LEVELS, default="info"),
        worker=_switch(environ, "LEAL_WORKER", default="on"),
        outgoing_allow=_networks(environ, "LEAL_OUTGOING_ALLOW"),
        hide_paused_webhooks=_switch(environ, "LEAL_HIDE_PAUSED_WEBHOOKS", default="off"),
        delivery_days=_number(environ, "LEAL_DELIVERY_DAYS", 30, between=(1, 3650)),
        event_days=_number(environ, "LEAL_EVENT_DAYS", 0, between=(0, 36_500)) or None,
        webview_seconds=_number(environ, "LEAL_WEBVIEW_SECONDS", 3_600, between=(60, 86_400)),
        max_connections=_number(environ, "LEAL_MAX_CONNECTIONS", 1_000, between=(10, 1_000_000)),
        max_requests=_number(environ, "LEAL_MAX_REQUESTS", 500, between=(1, 100_000)),
        idle_seconds=_number(environ, "LEAL_IDLE_SECONDS", 75, between=(1, 3_600)),
        metrics_token=_metrics_token(environ),
        is_local=not environ.get("LEAL_PUBLIC_URL"),
        stop_delay_seconds=_number(environ, "LEAL_STOP_DELAY_SECONDS", 0, between=(0, 300)),
        log_format=_choice(environ, "LEAL_LOG_FORMAT", _LOG_FORMATS),
    )


def key_file(settings: Settings) -> Path:
    """Where the key is kept when no setting gives it."""
    return settings.data / "secret.key"


def load_secret_key(settings: Settings) -> bytes:
    """Return the key that seals stored secrets, 32 bytes.

    When none is set it is read from the file ``secret.key`` in the data folder, which the first
    process of all makes for its owner only. Raises BadSetting.
    """
    if settings.secret_key is not None:
        return settings.secret_key
    path = key_file(settings)
    try:
        if not path.exists():
            _create_secret_key(path)
        return _decoded_key("LEAL_SECRET_KEY", path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(
            "LEAL_SECRET_KEY", f"is not set and {path} cannot be used ({error})", _MAKE_A_KEY
        ) from error


def _create_secret_key(path: Path) -> None:
    """Appear whole or not at all, and never replace the key of a process that was faster."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.urlsafe_b64encode(secrets.token_bytes(_SECRET_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _number(
    environ: Mapping[str, str], name: str, default: int, *, between: tuple[int, int]
) -> int:
    text = environ.get(name) or str(default)
    low, high = between
    if not (text.isascii() and text.isdigit() and low <= int(text[:10]) <= high):
        raise BadSetting(name, f"{text!r} is not a whole number of {low} to {high}", str(default))
    return int(text)


def _database_url(environ: Mapping[str, str]) -> str | None:
    name = "LEAL_DATABASE_URL"
    url = environ.get(name)
    if not url:
        return None
    if not url.startswith(("postgresql://", "postgres://")):
        raise BadSetting(
            name, "is not the URL of a PostgreSQL", "postgresql://leal:password@db.internal/leal"
        )
    return url


def _public_url(environ: Mapping[str, str], host: str, port: int) -> str:
    name = "LEAL_PUBLIC_URL"
    url = environ.get(name)
    if not url:
        shown = "127.0.0.1" if host in _EVERYWHERE else host
        return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    if not _is_public_url(url):
        raise BadSetting(
            name, f"{url!r} is not where this server is reached", "https://loyalty.example.com"
        )
    return url.rstrip("/")


def _is_public_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    extra = parts.query or parts.fragment or parts.username
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0 and not extra


def _choice(
    environ: Mapping[str, str], name: str, options: tuple[str, ...], *, default: str = "auto"
) -> str:
    choice = (environ.get(name) or default).lower()
    if choice not in options:
        raise BadSetting(name, f"{choice!r} is not one of {', '.join(options)}", default)
    return choice


def _metrics_token(environ: Mapping[str, str]) -> str | None:
    name = "LEAL_METRICS_TOKEN"
    token = environ.get(name)
    if not token:
        return None
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise BadSetting(name, "has other characters than letters, digits and signs", _MAKE_A_TOKEN)
    if len(token) < _SHORTEST_TOKEN:
        raise BadSetting(name, f"is shorter than {_SHORTEST_TOKEN} characters", _MAKE_A_TOKEN)
    return token


def _switch(environ: Mapping[str, str], name: str, *, default: str) -> bool:
    text = (environ.get(name) or default).lower()
    if text not in {"on", "off"}:
        raise BadSetting(name, f"{text!r} is neither on nor off", default)
    return text == "on"


def _networks(environ: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    given = [text.strip() for text in environ.get(name, "").split(",")]
    try:
        return tuple(ip_network(text) for text in given if text)
    except ValueError as error:
        raise BadSetting(
            name,
            f"holds a network that cannot be read ({error}): write its first address and length",
            "127.0.0.0/8,10.20.0.0/16",
        ) from error


def _secret_key(environ: Mapping[str, str]) -> bytes | None:
    text = environ.get("LEAL_SECRET_KEY")
    return _decoded_key("LEAL_SECRET_KEY", text.strip()) if text else None


def _decoded_key(name: str, text: str) -> bytes:
    try:
        plain = text.replace("-", "+").replace("_", "/")
        key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _SECRET_BYTES:
        # What was found is a secret, or close to one: it is not repeated.
        raise BadSetting(name, f"is not {_SECRET_BYTES} bytes in base64", _MAKE_A_KEY)
    return key
