"""`leal codes`, as a merchant's operator meets it: files as they come, and what is said of them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from leal.cli.main import app
from leal.storage.db import Database
from tests.cli.command import Leal
from tests.databases import with_database

REWARDS = [
    {
        "id": number,
        "kind": "custom",
        "title": title,
        "cost": 5,
        "fulfillment": {"kind": "voucher"},
        "codes": codes,
    }
    for number, title, codes in (
        (1, "Coffee", "pool"),
        (2, "Cake", "pool"),
        (3, "Tea", "generated"),
    )
]
BOM = b"\xef\xbb\xbf"


@pytest.fixture
def shop(leal: Leal) -> Leal:
    leal.run("program", "apply", leal.write(rewards=REWARDS))
    return leal


def file(leal: Leal, content: str | bytes) -> str:
    path = Path(leal.folder, "codes.txt")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def said(leal: Leal, *words: str, sent: bytes | None = None) -> list[str]:
    """What a command that works says besides its result."""
    result = CliRunner().invoke(app, words, env=leal.environ(), input=sent)
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    return result.stderr.splitlines()


def pooled(leal: Leal) -> list[str]:
    async def read(database: Database) -> list[str]:
        rows = await database.rows(
            'SELECT code FROM pool_codes WHERE reward_id = 1 ORDER BY code COLLATE "C"'
        )
        return [row["code"] for row in rows]

    return with_database(leal.database_url, read)


def take(leal: Leal) -> None:
    async def taken(database: Database) -> None:
        await database.value("SELECT leal_take_code(1, 1)")

    with_database(leal.database_url, taken)


@pytest.mark.parametrize(
    ("content", "codes"),
    [
        (b"A\nB\nC", ["A", "B", "C"]),
        (b"A\r\nB\r\n", ["A", "B"]),
        (b"A\rB\r", ["A", "B"]),
        (BOM + b"A\nB\n", ["A", "B"]),
        (b"\n  A \n\n\t\nB\t\n\n", ["A", "B"]),
        ("ä-1\n🎁 2\n".encode(), ["ä-1", "🎁 2"]),
        (b"code\nA\nB\n", ["A", "B"]),
        (BOM + b"name,Code,cents\r\nx,A,1\r\n\r\n,,\r\ny, B ,2\r\n", ["A", "B"]),
        (b"code;worth\nA;1,50\nB,1;2\n", ["A", "B,1"]),
        (b"worth\tcode\n1\tA\n", ["A"]),
        (b'"note","code"\n"two\nlines","A"\n"x, y","B ""1"""\n', ["A", 'B "1"']),
        (b"\n\ncode,x\nA,1\n", ["A"]),
    ],
)
def test_files_as_they_come(shop: Leal, content: bytes, codes: list[str]) -> None:
    assert said(shop, "codes", "import", "1", file(shop, content)) == [
        f"{len(codes)} code(s) imported"
    ]
    assert pooled(shop) == codes


def test_standard_input_is_a_file_too(shop: Leal) -> None:
    assert said(shop, "codes", "import", "coffee", "-", sent=b"A\nB\n") == ["2 code(s) imported"]
    assert pooled(shop) == ["A", "B"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"A\n" + b"x" * 256 + b"\nB\n", ["line 2: it has 256 characters: give at most 255"]),
        (b"A\nB\x00\n\nC\x07\n", ["line 2: it holds a control", "line 4: it holds a control"]),
        (b"code,x\nA,1\n,2\n", ["line 3: it is empty"]),
        (b"x,code\nA\n", ["line 2: it is empty"]),
        (b'x,code\n"two\nlines",A\ny,"B\x01"\n', ["line 4: it holds a control"]),
        (b"A,5 off\nB,6 off\n", ["line 1: it has quotes or several columns: name them", "line 2:"]),
        (b"A\nB\xff\n", ["line 2: it is not UTF-8: save the file as UTF-8"]),
        ("A\nB\n".encode("utf-16"), ["line 1: it is not UTF-8"]),
        (b"A\n" + b"\x01\n" * 12, [*(f"line {n}: it holds" for n in range(2, 12)), "and 2 more"]),
        (b"A\n" + b"x" * 70_000, ["line 2 is endless"]),
        (b"", ["holds no code: give one a line, or CSV with a column `code`"]),
        (BOM + b"code\r\n\r\n", ["holds no code"]),
    ],
)
def test_a_file_with_a_line_that_is_no_code_changes_nothing(
    shop: Leal, content: bytes, lines: list[str]
) -> None:
    told = shop.fail("codes", "import", "1", file(shop, content))
    at = 0
    for line in lines:
        at = told.index(line, at)
    assert "Traceback" not in told
    assert pooled(shop) == []


def test_an_import_tells_what_it_left_out(shop: Leal) -> None:
    said(shop, "codes", "import", "2", file(shop, "CAKE"))
    said(shop, "codes", "import", "1", file(shop, "A\nB"))
    many = "\n".join(["A", "B", "CAKE", *["C"] * 8])
    assert said(shop, "codes", "import", "1", file(shop, many)) == [
        "1 code(s) imported",
        "2 left out, in the pool of reward 1 already: A, B",
        "1 left out, in the pool of reward 2 already: CAKE",
        "7 left out, given more than once: C, C, C, C, C, …",
    ]


def test_pools_are_shown(shop: Leal) -> None:
    assert said(shop, "codes", "show") == [
        "no codes were imported yet: `leal codes import REWARD FILE` does that"
    ]
    said(shop, "codes", "import", "1", file(shop, "A\nB\nC"))
    take(shop)
    assert said(shop, "codes", "low", "Coffee", "2") == [
        "the pool of reward 1 runs low below 2; 2 are left"
    ]
    assert shop.run("codes", "show").split("\n") == ["1\tCoffee\t3\t1\t0\t2\t2\t", ""]
    take(shop)
    assert shop.run("codes", "show", "1").strip() == "1\tCoffee\t3\t2\t0\t1\t2\tlow"
    assert shop.run("codes", "show", "2").strip() == "2\tCake\t0\t0\t0\t0\t100\tlow"


def test_codes_are_withdrawn(shop: Leal) -> None:
    said(shop, "codes", "import", "1", file(shop, "A\nB\nC"))
    assert said(shop, "codes", "remove", "1", file(shop, "B\nX")) == [
        "1 of 2 code(s) removed; the others are not in this pool, or handed out"
    ]
    assert pooled(shop) == ["A", "C"]
    assert "give either a FILE of them or --all" in shop.fail("codes", "remove", "1")
    shop.run("program", "apply", shop.write(rewards=REWARDS[1:]))
    assert said(shop, "codes", "remove", "1", "--all") == ["2 code(s) removed"]
    assert pooled(shop) == []
    assert shop.run("codes", "show").strip() == "1\t\t3\t0\t3\t0\t100\tlow"


FRIENDS = {"kind": "free_shipping_voucher", "incentive_text": "Come in", "codes": "pool"}


def test_friends_have_a_pool_of_their_own(shop: Leal) -> None:
    assert "Set `codes: pool` on `referrals.incentive`" in shop.fail(
        "codes", "import", "referral", file(shop, "A")
    )
    shop.run("program", "apply", shop.write(rewards=REWARDS, referrals={"incentive": FRIENDS}))
    said(shop, "codes", "import", "1", file(shop, "COFFEE"))
    assert said(shop, "codes", "import", "Referral", file(shop, "A\nB\nB\nCOFFEE")) == [
        "2 code(s) imported",
        "1 left out, in the pool of reward 1 already: COFFEE",
        "1 left out, given more than once: B",
    ]
    assert said(shop, "codes", "import", "1", file(shop, "A\nC")) == [
        "1 code(s) imported",
        "1 left out, in the pool of codes for friends already: A",
    ]
    assert said(shop, "codes", "low", "referral", "5") == [
        "the pool of codes for friends runs low below 5; 2 are left"
    ]
    assert shop.run("codes", "show", "referral").strip() == "referral\t\t2\t0\t0\t2\t5\tlow"
    assert shop.run("codes", "show").split("\n")[0].startswith("referral\t")
    assert said(shop, "codes", "remove", "referral", "--all") == ["2 code(s) removed"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["import", "9", "FILE"], "There is no reward '9': the program has 1 (Coffee), 2 (Cake)"),
        (["import", "tea", "FILE"], "Set `codes: pool` on it"),
        (["import", "1", "nowhere.csv"], "cannot read nowhere.csv"),
        (["low", "3", "5"], "Set `codes: pool` on it"),
        (["show", "3"], "Set `codes: pool` on it"),
        (["remove", "Beer", "--all"], "There is no reward 'Beer'"),
        (["import", "1", "FILE", "--program", "7"], "leal program list"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(shop: Leal, words: list[str], told: str) -> None:
    path = file(shop, "A")
    assert told in shop.fail("codes", *(path if word == "FILE" else word for word in words))


def test_several_batches_make_one_import(shop: Leal) -> None:
    codes = [f"{number:05}" for number in range(25_000)]
    content = "code\n" + "\n".join([*codes, codes[0]])
    assert said(shop, "codes", "import", "1", file(shop, content)) == [
        "25000 code(s) imported",
        "1 left out, given more than once: 00000",
    ]
    assert pooled(shop) == codes
    assert said(shop, "codes", "remove", "1", "--all") == ["25000 code(s) removed"]
