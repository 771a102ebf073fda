"""`leal doctor`: look the installation over, and say what is wrong and how to mend it."""

import asyncio
import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import msgspec
import typer

from leal.cli.connecting import running_server
from leal.cli.showing import say, show_table
from leal.domain.diagnosis import Finding, Level, judge_absence, judge_host, worst
from leal.domain.installation import Host, KeyFile
from leal.settings import BadSetting, Settings, load_secret_key, read_settings
from leal.storage.db import CannotConnect, Database
from leal.storage.embedded import EmbeddedUnavailable
from leal.storage.sealing import Sealer
from leal.usecases.diagnosis import diagnose


def doctor(
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON instead of a table.")
    ] = False,
) -> None:
    """Check the installation; exit code 1 when something fails.

    Only reads, and can run beside a serving leal.
    """
    settings = read_settings(os.environ)
    findings = _findings(settings)
    level = worst(findings)
    if json:
        print(msgspec.json.encode({"level": level, "findings": findings}).decode())
    else:
        _show(findings)
    if level is Level.FAIL:
        raise typer.Exit(1)


def _findings(settings: Settings) -> tuple[Finding, ...]:
    host = _host(settings)
    try:
        with running_server(settings) as url:
            return asyncio.run(_diagnosed(url, host, _sealer(settings, host.key)))
    except (CannotConnect, EmbeddedUnavailable) as error:
        return (judge_absence(str(error)), *judge_host(host, programs=None))


async def _diagnosed(url: str, host: Host, sealer: Sealer | None) -> tuple[Finding, ...]:
    database = await Database.open(url, size=1)
    try:
        return await diagnose(database, host, sealer=sealer, clock=lambda: datetime.now(UTC))
    finally:
        await database.close()


def _host(settings: Settings) -> Host:
    return Host(
        data=str(settings.data),
        free_bytes=_free_bytes(settings.data),
        key=_key(settings),
        zones=frozenset(available_timezones()),
        pool_size=settings.pool_size,
        pools=2 if settings.worker else 1,
    )


def _key(settings: Settings) -> KeyFile:
    """The key as it is: it is not made here, since a missing one may be what is wrong."""
    if settings.secret_key is not None:
        return KeyFile(path=None)
    path = settings.data / "secret.key"
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        load_secret_key(settings)
    except FileNotFoundError:
        return KeyFile(path=str(path))
    except (BadSetting, OSError) as error:
        return KeyFile(path=str(path), trouble=f"{path} cannot be used: {error}")
    return KeyFile(path=str(path), mode=mode)


def _sealer(settings: Settings, key: KeyFile) -> Sealer | None:
    """What opens stored secrets; None where the key itself is what is wrong."""
    usable = key.trouble is None and (key.path is None or key.mode is not None)
    return Sealer(load_secret_key(settings)) if usable else None


def _free_bytes(folder: Path) -> int | None:
    """Free space where the folder is, or will be."""
    there = next((each for each in (folder, *folder.parents) if each.is_dir()), folder)
    try:
        return shutil.disk_usage(there).free
    except OSError:
        return None


def _show(findings: tuple[Finding, ...]) -> None:
    headers = ("level", "check", "what was found", "what to do")
    show_table(headers, [(each.level, each.name, each.message, each.remedy) for each in findings])
    counts = {level: sum(each.level is level for each in findings) for level in Level}
    say(", ".join(f"{count} {level}" for level, count in counts.items()))
