"""The benchmark harness: that it still runs on today's leal, and that it counts right."""

import json
from pathlib import Path

import pytest
import typer

from bench.__main__ import main
from bench.pgbench import change_template, redemption
from bench.samples import BenchFailed, Comparison, Sample, Side, sample_of


def test_every_comparison_runs_and_its_sides_do_the_same_work(tmp_path: Path) -> None:
    written = tmp_path / "bench.json"
    main(seconds=0.3, rounds=1, customers=16, json=written)
    report = json.loads(written.read_text())
    rows = {each["name"]: each for each in report["comparisons"]}
    assert list(rows) == [
        "get_customer_1",
        "get_customer_8",
        "award_http",
        "award_use_case",
        "order_http",
        "redeem_1",
        "redeem_1_use_case",
        "redeem_8",
        "redeem_8_use_case",
    ]
    for row in rows.values():
        assert row["leal"]["median"]["per_second"] > 0
        assert row["reference"]["median"]["per_second"] > 0
    assert report["rows_per_award"]["insert into transactions"] == 1
    assert report["rows_per_redemption"]["insert into claimed_rewards"] == 1


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(typer.BadParameter, match="no row begins with 'teleport'"):
        main(only="teleport")


def test_nothing_finished_is_no_figure() -> None:
    with pytest.raises(BenchFailed, match="--seconds"):
        sample_of([], seconds=1)


def test_a_sample_counts_what_was_finished_and_how_long_it_took() -> None:
    sample = sample_of([n * 1_000_000 for n in range(100, 0, -1)], seconds=4)
    assert sample == Sample(per_second=25, p50_ms=51, p99_ms=100)


def test_the_ratio_is_of_medians_so_one_bad_round_does_not_count() -> None:
    def side(*per_second: float) -> Side:
        rounds = tuple(Sample(per_second=each, p50_ms=1, p99_ms=1) for each in per_second)
        return Side(name="", rounds=rounds)

    compared = Comparison(
        name="", title="", leal=side(60, 1, 55), reference=side(110, 100, 900), target=None
    )
    assert compared.ratio == 0.5
    assert compared.ratios == pytest.approx((60 / 110, 1 / 100, 55 / 900))


def test_a_change_becomes_a_template_for_any_customer() -> None:
    customer = {
        "merchant_id": "1001",
        "email": "a@example.com",
        "email_key": "a@example.com",
        "referral_id": "abc",
        "points_approved": 10,
        "lifetime_points": 20,
        "first_name": "100% Ada",
    }
    sent = {"customer": customer, "events": [{"payload": {"points": 5}}]}
    template = change_template(json.dumps(sent))
    values = ("7", "b@example.com", "b@example.com", "xyz", "15", "25")
    for number, value in enumerate(values, start=1):
        template = template.replace(f"%{number}$s", value)
    assert json.loads(template.replace("%%", "%")) == {
        "customer": {
            "merchant_id": "7",
            "email": "b@example.com",
            "email_key": "b@example.com",
            "referral_id": "xyz",
            "points_approved": 15,
            "lifetime_points": 25,
            "first_name": "100% Ada",
        },
        "events": [{"payload": {"points": 5}}],
    }


def test_a_redemption_s_template_takes_a_new_code_each_time() -> None:
    customer = dict.fromkeys(
        ("merchant_id", "email", "email_key", "referral_id"), "x"
    ) | dict.fromkeys(("points_approved", "points_spent", "rewards_claimed", "lifetime_points"), 1)
    sent = {"customer": customer, "claims": [{"code": "LL-1", "points_cost": 400}]}
    fields = redemption(400)
    template = change_template(json.dumps(sent), fields)
    for number in range(1, len(fields) + 1):
        template = template.replace(f"%{number}$s", str(number))
    filled = json.loads(template)
    assert filled["claims"] == [{"code": "9", "points_cost": 400}]
    assert filled["customer"]["points_spent"] == 6
    assert fields[5].source == "c.points_spent + 400"
