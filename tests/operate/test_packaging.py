"""What deploy/ installs and starts works, as far as it can be tried without a container engine.

Seen to fail with a misspelt setting of the unit, and with `src` left out of what is copied.
"""

import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.servers import free_port
from tests.house.code import ROOT
from tests.soak import ONLY_SOAKED

DEPLOY = ROOT / "deploy"
_STEP = re.compile(r"^([A-Z]+) (.*)$")


def _steps() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile."""
    for line in (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ").splitlines():
        found = _STEP.match(line)
        if found:
            yield found[1], found[2]


def _copied() -> list[str]:
    return [name for step, said in _steps() if step == "COPY" for name in said.split()[:-1]]


def test_the_image_is_made_of_what_there_is_and_of_all_that_is_sent() -> None:
    copied = _copied()
    assert all((ROOT / name).exists() for name in copied)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_knows_every_setting_of_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "leal.service").read_text()
    # neither the program nor the account is on this machine
    unit = unit.replace("/opt/leal/bin/leal", sys.executable).replace("User=leal", "User=root")
    (tmp_path / "leal.service").write_text(unit)
    command = ("systemd-analyze", "verify", "--man=no", str(tmp_path / "leal.service"))
    told = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
    ours = [line for line in told.stderr.splitlines() if "leal.service" in line]
    assert (told.returncode, ours) == (0, [])


@ONLY_SOAKED
def test_the_steps_of_the_image_make_a_leal_that_serves(tmp_path: Path) -> None:
    """The same commands in an environment of their own; the account apart, which needs root."""
    subprocess.run((sys.executable, "-m", "venv", str(tmp_path / "venv")), check=True)  # noqa: S603 - ours
    work = tmp_path / "work"
    work.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEAL_")}
    kept.pop("PYTHONPATH", None)
    environ = kept | {"PATH": f"{tmp_path}/venv/bin:{os.environ['PATH']}"}
    for step, said in _steps():
        if step == "COPY":
            for name in said.split()[:-1]:
                subprocess.run(("cp", "-r", str(ROOT / name), str(work)), check=True)  # noqa: S603, S607 - fixed words
        elif step == "RUN" and not said.startswith("useradd"):
            subprocess.run(shlex.split(said), check=True, cwd=work, env=environ)  # noqa: S603 - ours
    port = free_port()
    environ |= {"LEAL_DATA": str(tmp_path / "data"), "LEAL_PORT": str(port), "TMPDIR": "/tmp"}  # noqa: S108 - for a short socket name
    (check,) = [said for step, said in _steps() if "urlopen" in said]
    code = re.findall(r'"([^"]*)"', check)[2].replace("8000", str(port))
    with subprocess.Popen(("leal", "serve"), cwd="/", env=environ) as server:  # noqa: S607 - just installed
        try:
            _until_ready(port)
            done = subprocess.run(("python", "-c", code), check=False, env=environ)  # noqa: S603, S607 - from the file
            assert done.returncode == 0
            server.terminate()
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()


def _until_ready(port: int) -> None:
    give_up_at = time.monotonic() + 120
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            assert time.monotonic() < give_up_at
            time.sleep(0.2)
        finally:
            connection.close()
