"""The simulator: real planner, virtual clock, and a world that a seed draws."""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from time import perf_counter

import pytest

from amparo_notify.cli.simulate import add_parsers, report
from amparo_notify.core.chance import Chance
from amparo_notify.core.notice import Medium
from amparo_notify.core.simulated_world import POLICIES, draw_world
from amparo_notify.core.simulation import Result, simulate

ORDERS = simulate(400, 3)


def simulated(*arguments: str) -> tuple[int, Callable[[], int]]:
    parser = ArgumentParser()
    add_parsers(parser.add_subparsers())
    args = parser.parse_args(["simulate", *arguments])
    return args.orders, lambda: args.run(args)


def test_the_same_seed_gives_the_same_orders() -> None:
    assert simulate(40, 3) == ORDERS[:40]


def test_another_seed_gives_others() -> None:
    assert simulate(40, 4) != ORDERS[:40]


def test_of_every_order_somebody_is_told_or_an_alarm_is_raised() -> None:
    assert all(result.first_notice is not None or result.alarms for result in ORDERS)


def test_an_order_is_not_reported_before_it_is_acknowledged() -> None:
    assert all(result.acknowledged is not None for result in ORDERS if result.reported is not None)


def test_most_orders_are_acknowledged_before_the_departure() -> None:
    timely = [result.in_time for result in ORDERS if result.in_time is not None]
    assert sum(timely) / len(timely) > 0.95


@pytest.mark.parametrize(
    ("acknowledged", "left", "in_time"),
    [
        (60.0, 3600.0, True),
        (3700.0, 3600.0, False),
        (None, 3600.0, False),
        (60.0, None, None),
        (60.0, -5.0, None),
    ],
)
def test_in_time_is_before_a_known_departure(
    acknowledged: float | None, left: float | None, in_time: bool | None
) -> None:
    assert Result("p", 0.0, acknowledged, None, left, 3, 0).in_time is in_time


def test_every_station_of_the_drawn_world_is_fit_for_use() -> None:
    assert [fault for station in draw_world(3).stations for fault in station.faults()] == []


def test_every_policy_tried_is_fit_for_use() -> None:
    assert [policy.faults() for policy in POLICIES.values()] == [()] * len(POLICIES)


def test_a_message_offered_in_an_outage_is_taken_when_it_ends() -> None:
    world = draw_world(3)
    outage = world.outages[Medium.SMS][0]
    assert world.handed_over(Medium.SMS, outage.start) == outage.end


def test_a_draw_depends_on_what_it_is_about_and_not_on_what_was_drawn_before() -> None:
    chance = Chance(7)
    first = chance.share("a")
    chance.share("b")
    assert chance.share("a") == first != chance.share("b")


def test_draws_are_spread_evenly() -> None:
    draws = [Chance(7).share(number) for number in range(4000)]
    assert 0.48 < sum(draws) / len(draws) < 0.52
    assert 0 <= min(draws) < max(draws) < 1


def test_the_report_has_a_row_and_a_plot_for_each_policy() -> None:
    text = report(ORDERS, 3)
    assert [text.count(name) for name in POLICIES] == [2] * len(POLICIES)
    assert "100.0%" in text


def test_the_report_says_never_of_what_never_happened() -> None:
    assert "nunca / nunca" in report([Result("p", 0.0, None, None, None, 3, 0)], 1)


def test_the_command_prints_a_line_of_json_for_each_order(capsys: pytest.CaptureFixture[str]) -> None:
    orders, run = simulated("--orders", "5", "--seed", "3", "--json")
    assert run() == 0
    assert len([json.loads(line) for line in capsys.readouterr().out.splitlines()]) == orders == 5


def test_the_command_prints_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    _, run = simulated("--orders", "8")
    run()
    assert capsys.readouterr().out.startswith("8 órdenes, semilla 1.")


def test_no_orders_at_all_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        simulated("--orders", "0")
    assert "must be a number from 1 up" in capsys.readouterr().err


@pytest.mark.long
def test_ten_thousand_orders_take_less_than_a_minute_and_none_is_lost() -> None:
    began = perf_counter()
    results = simulate(10_000, 2026)
    assert perf_counter() - began < 60
    assert all(result.first_notice is not None or result.alarms for result in results)
