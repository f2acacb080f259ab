"""Comparison: which of the figures is which, and what is said of runs that can hardly be compared."""

from dataclasses import FrozenInstanceError
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from engine.accounting.comparison import LARGEST, Run, compare
from engine.model.comparison import ComparedRun, Ingredient, Unit
from engine.model.portfolio import PortfolioSnapshot
from engine.model.runs import RunInput, RunStatus
from tests.support.samples import AT, a_record, a_snapshot, a_trade, metrics

FIRST = date(2024, 1, 2)


def days(*values: int, first: date = FIRST) -> list[PortfolioSnapshot]:
    return [a_snapshot(on=first + timedelta(days=i), total_value=value) for i, value in enumerate(values)]


def a_run(number: int = 1, *, snapshots: Any = (), trades: Any = (), **fields: Any) -> Run:
    return Run(record=a_record(run_id=number, **fields), snapshots=snapshots, trades=trades)


def test_each_figure_is_the_one_of_its_name_in_its_own_unit() -> None:
    trades: dict[str, Any] = {"trade_count": 7, "win_rate": 0.08, "profit_factor": 0.9, "net_pnl": 10}
    figures: dict[str, Any] = {
        "final_value": 1,
        "total_return": 0.2,
        "annual_return": 0.3,
        "sharpe_ratio": 0.4,
        "max_drawdown": 0.5,
        "exposure": 0.6,
        "costs": 11,
    }
    compared = compare([a_run(metrics=metrics(trades=trades, **figures))])
    assert [(f.name, f.unit, f.values) for f in compared.figures] == [
        ("final_value", Unit.MONEY, (1,)),
        ("total_return", Unit.FRACTION, (0.2,)),
        ("annual_return", Unit.FRACTION, (0.3,)),
        ("sharpe_ratio", Unit.RATIO, (0.4,)),
        ("max_drawdown", Unit.FRACTION, (0.5,)),
        ("exposure", Unit.FRACTION, (0.6,)),
        ("trade_count", Unit.COUNT, (7,)),
        ("win_rate", Unit.FRACTION, (0.08,)),
        ("profit_factor", Unit.RATIO, (0.9,)),
        ("net_pnl", Unit.MONEY, (10,)),
        ("costs", Unit.MONEY, (11,)),
    ]
    assert all(f.changes == (0,) for f in compared.figures)


def test_each_figure_of_micro_trades_is_the_one_of_its_name_where_a_run_made_any() -> None:
    micro: dict[str, Any] = {"trade_count": 3, "win_rate": 0.4, "profit_factor": 1.5, "net_pnl": 12}
    compared = compare([a_run(metrics=metrics()), a_run(metrics=metrics(micro=micro))])
    assert [(f.name, f.unit, f.values) for f in compared.figures[11:]] == [
        ("micro_trade_count", Unit.COUNT, (0, 3)),
        ("micro_win_rate", Unit.FRACTION, (None, 0.4)),
        ("micro_profit_factor", Unit.RATIO, (None, 1.5)),
        ("micro_net_pnl", Unit.MONEY, (0, 12)),
    ]


def test_a_figure_of_nothing_is_a_figure_and_differs_from_another() -> None:
    zero, some = metrics(total_return=0.0), metrics(total_return=0.25)
    figure = compare([a_run(metrics=zero), a_run(metrics=some)]).figures[1]
    assert (figure.values, figure.changes) == ((0.0, 0.25), (0, 0.25))


def test_the_runs_are_named_with_number_days_and_how_they_ended() -> None:
    one = a_run(7, name="mine", status=RunStatus.FAILED, start_on=FIRST, end_on=date(2024, 2, 2))
    (named,) = compare([one]).runs
    assert named == ComparedRun(run_id=7, name="mine", status=RunStatus.FAILED, start_on=FIRST, end_on=date(2024, 2, 2))


def test_what_differs_comes_in_the_order_settings_costs_capital_days_seed_code_reading() -> None:
    other = a_run(
        policy={"max_open_positions": 9},
        costs={"slippage_bps": 1.0},
        initial_capital=1,
        start_on=FIRST - timedelta(days=1),
        end_on=date(2024, 3, 2),
        seed=2,
        code_version="1",
        reading={"timezone": "UTC"},
    )
    assert [(d.ingredient, d.name) for d in compare([a_run(), other]).differences] == [
        (Ingredient.SETTING, "max_open_positions"),
        (Ingredient.COST, "slippage_bps"),
        (Ingredient.CAPITAL, "initial_capital"),
        (Ingredient.DAY, "start_on"),
        (Ingredient.DAY, "end_on"),
        (Ingredient.SEED, "seed"),
        (Ingredient.CODE, "code_version"),
        (Ingredient.READING, "timezone"),
    ]


def test_several_settings_that_differ_are_all_named_in_the_order_of_the_first_run() -> None:
    one, other = a_run(policy={"b": 1, "a": 1, "same": 0}), a_run(policy={"a": 2, "b": 2, "same": 0, "new": 3})
    assert [(d.name, d.values) for d in compare([one, other]).differences] == [
        ("b", (1, 2)),
        ("a", (1, 2)),
        ("new", (None, 3)),
    ]


def test_files_are_compared_kind_by_kind() -> None:
    def files(*digests: str) -> tuple[RunInput, ...]:
        return tuple(RunInput(kind=d[:4], path=f"{d}.csv", digest=d, rows=1) for d in digests)

    one, other = files("bars1", "recs1", "sect1"), files("bars1", "recs2", "sect2")
    compared = compare([a_run(inputs=one), a_run(inputs=other)])
    assert [(i.kind, i.values) for i in compared.inputs] == [
        ("recs", ((one[1],), (other[1],))),
        ("sect", ((one[2],), (other[2],))),
    ]


def test_the_same_file_twice_is_not_the_same_as_once() -> None:
    bars = RunInput(kind="bars", path="bars.csv", digest="a", rows=1)
    assert len(compare([a_run(inputs=(bars, bars)), a_run(inputs=(bars,))]).inputs) == 1


def test_reasons_that_count_alike_are_in_order_of_their_names_and_act_is_first() -> None:
    funnel = compare([a_run(funnel={"sector": 2, "cash": 1, "act": 1}), a_run(funnel={"cash": 1, "heat": 5})]).funnel
    assert [f.name for f in funnel] == ["act", "heat", "cash", "sector"]
    assert {f.unit for f in funnel} == {Unit.COUNT}


@pytest.mark.parametrize(
    ("prints", "same"), [(("f", "f"), True), (("f", "g"), False), (("", ""), False), (("f", "f", ""), False)]
)
def test_only_fingerprints_that_are_there_can_be_the_same(prints: tuple[str, ...], same: bool) -> None:
    assert compare([a_run(fingerprint=p) for p in prints]).same_fingerprint is same


def test_runs_that_never_part_tell_how_many_sessions_were_alike_and_no_more() -> None:
    parting = compare([a_run(snapshots=days(1, 2)), a_run(snapshots=days(1, 2))]).parting
    assert (parting.alike, parting.on, parting.values, parting.changes) == (2, None, (), ())


def test_runs_that_differ_on_the_first_day_were_alike_on_none() -> None:
    compared = compare([a_run(snapshots=days(1, 2)), a_run(snapshots=days(5, 2))])
    parting = compared.parting
    assert (parting.alike, parting.on, parting.values, parting.changes) == (0, FIRST, (1, 5), (0, 4))
    assert compared.remarks == ()


def test_days_are_compared_in_their_order_whatever_order_they_came_in() -> None:
    parting = compare([a_run(snapshots=days(1, 2, 3)[::-1]), a_run(snapshots=days(1, 9, 9))]).parting
    assert (parting.alike, parting.on) == (1, FIRST + timedelta(days=1))


def test_three_trades_of_its_own_are_named_the_largest_first_then_the_earliest_then_by_ticker() -> None:
    assert LARGEST == 3
    later = AT + timedelta(days=1)
    mine = [
        a_trade(ticker="D", pnl=5),
        a_trade(ticker="C", pnl=-9, entry_at=later, exit_at=later),
        a_trade(ticker="B", pnl=9),
        a_trade(ticker="A", pnl=9),
    ]
    own = compare([a_run(trades=mine), a_run()]).trades[0]
    assert (own.count, own.only_here) == (4, 4)
    assert [t.ticker for t in own.largest] == ["A", "B", "C"]


def test_a_trade_that_one_run_made_once_more_is_named_once() -> None:
    compared = compare([a_run(trades=[a_trade()] * 3), a_run(trades=[a_trade()] * 2), a_run(trades=[a_trade()])])
    assert compared.same_trades == 1
    assert [(own.count, own.only_here, len(own.largest)) for own in compared.trades] == [
        (3, 1, 1),
        (2, 0, 0),
        (1, 0, 0),
    ]


def test_the_middle_run_s_own_trades_are_those_that_neither_neighbour_made() -> None:
    one, two, three = (a_trade(ticker=ticker) for ticker in "ABC")
    compared = compare([a_run(trades=[one, two]), a_run(trades=[one, two, three]), a_run(trades=[two])])
    assert [[t.ticker for t in own.largest] for own in compared.trades] == [[], ["C"], []]
    assert compared.same_trades == 1


def test_a_run_alone_owns_all_its_trades_and_they_are_the_same_in_every_run() -> None:
    compared = compare([a_run(trades=[a_trade()])])
    assert (compared.same_trades, compared.trades[0].only_here) == (1, 1)


def said(*runs: Run) -> tuple[str, ...]:
    return compare(runs).remarks


@pytest.mark.parametrize("status", [RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED])
def test_a_run_that_did_not_end_well_is_named_with_where_its_figures_end(status: RunStatus) -> None:
    ended = a_run(4, status=status, snapshots=days(1, 2))
    assert said(ended, a_run(5, snapshots=days(1))) == (f"run 4 is {status.value}: its figures end on 2024-01-03",)


def test_a_run_without_a_day_has_no_figures_and_no_session_in_common() -> None:
    assert said(a_run(4, status=RunStatus.FAILED), a_run(5, snapshots=days(1))) == (
        "run 4 is failed: it has no figures",
        "the runs have no session in common, so their values cannot be compared day by day",
    )


def test_every_run_that_did_not_end_well_is_named() -> None:
    first, last = (a_run(n, status=RunStatus.FAILED, snapshots=days(1)) for n in (4, 6))
    assert [s[:5] for s in said(first, a_run(5, snapshots=days(1)), last)] == ["run 4", "run 6"]


def test_different_capital_is_remarked_upon() -> None:
    assert said(a_run(snapshots=days(1)), a_run(snapshots=days(1), initial_capital=5)) == (
        "the runs began with different capital: returns can be compared, amounts of money hardly",
    )


@pytest.mark.parametrize("changed", [{"start_on": date(2024, 1, 3)}, {"end_on": date(2024, 2, 1)}])
def test_different_days_are_remarked_upon(changed: dict[str, Any]) -> None:
    assert said(a_run(snapshots=days(1)), a_run(snapshots=days(1), **changed)) == (
        "the runs are over different days: figures are each over the run's own days",
    )


def test_a_run_to_compare_does_not_change_and_names_its_parts() -> None:
    run = a_run()
    with pytest.raises(FrozenInstanceError):
        run.trades = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        Run(a_record())  # type: ignore[call-arg]
    assert not hasattr(run, "__dict__")
    assert (Run(record=a_record()).snapshots, Run(record=a_record()).trades) == ((), ())


def test_moments_of_trades_count_to_the_second() -> None:
    later: datetime = AT + timedelta(seconds=1)
    assert compare([a_run(trades=[a_trade()]), a_run(trades=[a_trade(exit_at=later)])]).same_trades == 0
