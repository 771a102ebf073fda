"""Connections are cut at the worst of moments: between shops and leal, and leal and its database.

What was sent with a key is sent again with it: one effect, and the same bytes ever after. A COMMIT
whose answer is lost leaves leal not knowing; it says 503 then, and the next try finds out.

Planted, and seen to fail: answers that are not kept with their keys (most writes were done twice).
"""

import random
import secrets
from dataclasses import replace

from tests.faults.books import Record, open_shop, prove, writing
from tests.faults.postgres import socket_of, through
from tests.faults.proxy import Cut, RandomCutter, never, proxying, to_port, to_socket
from tests.faults.servers import Installation, serving
from tests.soak import examples

WRITES = examples(120, soak=800)
REPEATED = examples(50, soak=300)


def test_replies_that_are_lost_are_told_again(
    installation: Installation, record_property: Record
) -> None:
    seed = secrets.randbits(32)
    shop = open_shop(installation)
    in_front = RandomCutter(chance=random.Random(seed), often=0.2)  # noqa: S311 - to be repeatable
    behind = RandomCutter(chance=random.Random(seed + 1), often=0.01, at_commit=0.2)  # noqa: S311 - to be repeatable
    with (
        proxying(to_socket(socket_of(installation.database_url))) as database,
        proxying(to_port(installation.port), cutter=in_front) as front,
        serving(
            replace(installation, database_url=through(installation.database_url, database.port))
        ),
        writing(shop, port=front.port, seed=seed) as load,
    ):
        database.cutter = behind
        load.until(WRITES, seconds=600)
        front.cutter = database.cutter = never
        load.finish()
        repeated, same = load.repeat(REPEATED)
    prove(
        shop,
        load,
        record_property,
        shops_cut={str(how): count for how, count in front.cuts.items()},
        database_cut={str(how): count for how, count in database.cuts.items()},
        repeated=repeated,
        same=same,
    )
    assert same == repeated > 0
    assert front.cuts[Cut.UNHEARD] > 0
    assert database.cuts[Cut.IN_DOUBT] > 0
