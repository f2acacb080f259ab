"""How runs differ: small records by hand, and a run that is compared with its own copy."""

import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from engine.accounting.comparison import Run, compare
from engine.model.comparison import Comparison, Figure, Ingredient
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import RunInput, RunRecord, RunStatus
from tests.support.markets import World, worlds
from tests.support.samples import AT, a_record, a_snapshot, a_trade, metrics

FIRST = date(2024, 1, 2)


def days(*values: int, first: date = FIRST) -> list[PortfolioSnapshot]:
    """Return a day after the other with these total values."""
    return [a_snapshot(on=first + timedelta(days=i), total_value=value) for i, value in enumerate(values)]


def later(count: int) -> datetime:
    return AT + timedelta(days=count)


def of_records(*records: RunRecord) -> Comparison:
    return compare([Run(record=record) for record in records])


def of_days(*runs: list[PortfolioSnapshot]) -> Comparison:
    return compare([Run(record=a_record(run_id=i), snapshots=snapshots) for i, snapshots in enumerate(runs, 1)])


def of_trades(*runs: list[ClosedTrade]) -> Comparison:
    return compare([Run(record=a_record(run_id=i), trades=trades) for i, trades in enumerate(runs, 1)])


def figure(compared: Comparison, name: str) -> Figure:
    return next(f for f in (*compared.figures, *compared.funnel) if f.name == name)


def went_in(**changed: Any) -> list[tuple[Ingredient, str, tuple[object, ...]]]:
    """Compare a plain run with one that has these fields; return what differs in what went in."""
    return [(d.ingredient, d.name, d.values) for d in of_records(a_record(), a_record(**changed)).differences]


def bars(digest: str, path: str = "bars.csv") -> RunInput:
    return RunInput(kind="bars", path=path, digest=digest, rows=3)


def test_a_setting_that_differs_is_named_with_each_run_s_value() -> None:
    runs = [a_record(policy={"max_open_positions": n, "tiers.moderate.min_confidence": 0.65}) for n in (10, 12, 10)]
    (found,) = of_records(*runs).differences
    assert (found.ingredient, found.name, found.values) == (Ingredient.SETTING, "max_open_positions", (10, 12, 10))


def test_a_setting_that_one_run_does_not_know_is_none_there() -> None:
    assert went_in(policy={"max_open_positions": 10, "newer": True}) == [(Ingredient.SETTING, "newer", (None, True))]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"costs": {"slippage_bps": 7.0}}, (Ingredient.COST, "slippage_bps", (5.0, 7.0))),
        ({"initial_capital": 5}, (Ingredient.CAPITAL, "initial_capital", (1_000_000_000, 5))),
        ({"start_on": date(2024, 1, 3)}, (Ingredient.DAY, "start_on", (date(2024, 1, 2), date(2024, 1, 3)))),
        ({"end_on": date(2024, 4, 1)}, (Ingredient.DAY, "end_on", (date(2024, 3, 1), date(2024, 4, 1)))),
        ({"seed": 2}, (Ingredient.SEED, "seed", (1, 2))),
        ({"code_version": "1"}, (Ingredient.CODE, "code_version", ("0", "1"))),
        ({"reading": {"skip_bad": "True"}}, (Ingredient.READING, "skip_bad", (None, "True"))),
    ],
)
def test_whatever_else_went_in_is_named_too(changed: dict[str, Any], found: tuple[object, ...]) -> None:
    assert went_in(**changed) == [found]


def test_names_numbers_and_times_of_runs_are_no_differences() -> None:
    assert went_in(run_id=9, name="other", seconds=99.0, created_at=later(1), completed_at=later(2)) == []


def test_inputs_are_the_same_when_their_bytes_are_wherever_they_lie() -> None:
    moved = a_record(inputs=(bars("b", "there/2.csv"), bars("a", "there/1.csv")))
    assert of_records(a_record(inputs=(bars("a"), bars("b"))), moved).inputs == ()
    (found,) = of_records(a_record(inputs=(bars("a"),)), a_record(inputs=(bars("c"),)), a_record()).inputs
    assert (found.kind, found.values) == ("bars", ((bars("a"),), (bars("c"),), ()))


def test_money_differences_are_exact_to_the_last_unit() -> None:
    huge = 9_007_199_254_740_993  # one more than floats can count
    runs = [a_record(metrics=metrics(final_value=value)) for value in (huge, huge + 1, huge - 2)]
    found = figure(of_records(*runs), "final_value")
    assert (found.values, found.changes) == ((huge, huge + 1, huge - 2), (0, 1, -2))


def test_a_figure_that_a_run_has_not_is_none_and_so_is_its_difference() -> None:
    some, none = metrics(sharpe_ratio=1.5, trades={"trade_count": 3, "win_rate": 0.5}), metrics()
    compared = of_records(*(a_record(metrics=m) for m in (some, none, None)))
    assert figure(compared, "sharpe_ratio").changes == (0, None, None)
    assert figure(compared, "trade_count").values == (3, 0, None)
    assert figure(compared, "trade_count").changes == (0, -3, None)
    assert figure(of_records(a_record(metrics=none), a_record(metrics=some)), "win_rate").changes == (None, None)


def test_an_infinite_profit_factor_has_no_difference_but_to_another() -> None:
    runs = [a_record(metrics=metrics(trades={"profit_factor": factor})) for factor in (math.inf, math.inf, 2.0)]
    assert figure(of_records(*runs), "profit_factor").changes == (0, 0, None)


def test_the_funnel_begins_with_what_was_taken_and_counts_what_a_run_never_met_as_none() -> None:
    compared = of_records(
        a_record(funnel={"cash": 5, "act": 2}), a_record(funnel={"act": 3, "sector": 9}), a_record(funnel={})
    )
    assert [(f.name, f.values, f.changes) for f in compared.funnel] == [
        ("act", (2, 3, 0), (0, 1, -2)),
        ("sector", (0, 9, 0), (0, 9, 0)),
        ("cash", (5, 0, 0), (0, -5, -5)),
    ]


def test_they_part_on_the_first_session_with_another_total_value() -> None:
    parting = of_days(days(10, 11, 12), days(10, 11, 13), days(10, 11, 12)).parting
    assert (parting.alike, parting.on) == (2, FIRST + timedelta(days=2))
    assert (parting.values, parting.changes) == ((12, 13, 12), (0, 1, 0))


def test_only_sessions_that_all_runs_have_are_compared() -> None:
    parting = of_days(days(10, 11, 12), days(11, 12, 99, first=FIRST + timedelta(days=1))).parting
    assert (parting.alike, parting.on) == (2, None)


def test_trades_are_the_same_by_what_was_done_and_not_by_their_numbers() -> None:
    one, other = a_trade(), a_trade(decision_id="d7", exit_decision_id="d9", pnl=499_000, costs=1_000)
    compared = of_trades([one], [other])
    assert compared.same_trades == 1
    assert [own.only_here for own in compared.trades] == [0, 0]


@pytest.mark.parametrize(
    "changed",
    [
        {"ticker": "MSFT"},
        {"quantity": 11},
        {"entry_price": 1},
        {"exit_price": 1},
        {"entry_at": later(-1)},
        {"exit_at": later(1)},
    ],
)
def test_each_part_of_a_trade_makes_it_another(changed: dict[str, Any]) -> None:
    compared = of_trades([a_trade()], [a_trade(**changed)])
    assert compared.same_trades == 0
    assert [own.only_here for own in compared.trades] == [1, 1]


def test_a_trade_made_twice_is_matched_twice() -> None:
    compared = of_trades([a_trade(), a_trade()], [a_trade()])
    assert compared.same_trades == 1
    assert [(own.count, own.only_here, len(own.largest)) for own in compared.trades] == [(2, 1, 1), (1, 0, 0)]


def test_the_largest_of_a_run_s_own_trades_come_first_won_or_lost() -> None:
    mine = [a_trade(ticker=f"T{pnl}", pnl=pnl) for pnl in (1, -50, 7, 30, -2)]
    own = of_trades([*mine, a_trade(pnl=9_999)], [a_trade()]).trades[0]
    assert (own.count, own.only_here) == (6, 5)
    assert [t.pnl for t in own.largest] == [-50, 30, 7]


def test_a_trade_of_two_runs_out_of_three_is_nobody_s_own() -> None:
    compared = of_trades([a_trade()], [a_trade()], [])
    assert compared.same_trades == 0
    assert [own.only_here for own in compared.trades] == [0, 0, 0]


def test_what_makes_a_comparison_less_fair_is_said_in_words() -> None:
    plain = Run(record=a_record(run_id=1), snapshots=days(10))
    assert compare([plain, Run(record=a_record(run_id=2), snapshots=days(10))]).remarks == ()
    other = a_record(run_id=2, initial_capital=5, start_on=date(2024, 1, 3), status=RunStatus.CANCELLED)
    said = " / ".join(compare([plain, Run(record=other, snapshots=days(5, first=date(2024, 1, 3)))]).remarks)
    assert "run 2 is cancelled: its figures end on 2024-01-03" in said
    assert "different capital" in said
    assert "different days" in said
    assert "no session in common" in said


@settings(max_examples=25)
@given(worlds())
def test_a_run_and_its_copy_do_not_differ_in_anything(world: World) -> None:
    result = world.play()
    books = result.books
    record = a_record(run_id=1, metrics=result.metrics, funnel=result.funnel, fingerprint=result.fingerprint)
    records = (record, replace(record, run_id=2, name="the copy"))
    compared = compare([Run(record=r, snapshots=books.snapshots, trades=books.trades) for r in records])
    assert (compared.differences, compared.inputs, compared.remarks) == ((), (), ())
    assert all(set(f.changes) <= {0, None} for f in (*compared.figures, *compared.funnel))
    assert all(f.values[0] == f.values[1] for f in (*compared.figures, *compared.funnel))
    assert (compared.parting.on, compared.parting.alike) == (None, len(books.snapshots))
    assert compared.same_trades == len(books.trades)
    assert [own.only_here for own in compared.trades] == [0, 0]
    assert compared.same_fingerprint


def test_micro_trades_are_compared_only_where_a_run_made_some() -> None:
    none, some = a_record(metrics=metrics()), a_record(metrics=metrics(micro={"trade_count": 3, "net_pnl": 50_000}))
    assert not any(f.name.startswith("micro") for f in of_records(none, none).figures)
    compared = of_records(none, some)
    assert figure(compared, "micro_trade_count").values == (0, 3)
    assert figure(compared, "micro_net_pnl").changes == (0, 50_000)
    assert figure(compared, "micro_win_rate").values == (None, None)
