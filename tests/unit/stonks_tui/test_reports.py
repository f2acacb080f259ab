"""Reports as text: widths, warnings, words for every reason, and charts that do not mislead."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from engine.model.decisions import Decision, DecisionKind, TradingDecisionType
from engine.model.orders import OrderTag
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import StopRule
from engine.model.runs import DataGap, GapKind, RunStatus
from engine.model.verdict import SKIP_REASONS, Check
from engine.model.views import DecisionStory
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping, from_mapping
from engine.ports import RunListing, RunState
from stonks_tui.reports import charts, numbers, run_list, run_report, trace_report
from stonks_tui.reports.words import CHECKS, EXITS, KINDS, LIMITS, SKIPS, STOP_RULES
from tests.support.samples import (
    a_decision,
    a_notice,
    a_record,
    a_snapshot,
    a_stop_change,
    a_trace,
    an_execution,
    metrics,
)

POLICY = as_mapping(TradingPolicy())


def days(*values: int, drawdowns: tuple[float, ...] = ()) -> list[PortfolioSnapshot]:
    """Return a day for each total value in dollars."""
    return [
        a_snapshot(
            on=date(2024, 1, 2) + timedelta(days=i),
            total_value=value * 10_000,
            current_drawdown=drawdowns[i] if drawdowns else 0.0,
        )
        for i, value in enumerate(values)
    ]


def report(width: int = 80, **fields: object) -> str:
    return "\n".join(run_report.lines(a_record(**{"policy": POLICY} | fields), (), (), width=width))


def test_every_skip_reason_and_every_way_out_has_a_phrase() -> None:
    assert set(SKIP_REASONS.values()) <= set(SKIPS)
    sold = set(OrderTag) - {OrderTag.ENTRY, OrderTag.MICRO_ENTRY}
    assert {tag.value for tag in sold} <= set(EXITS)
    assert {rule.value for rule in StopRule} == set(STOP_RULES)
    assert {kind.value for kind in DecisionKind} == set(KINDS)
    assert set(CHECKS) | set(LIMITS) <= {check.value for check in Check}


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_remark_is_wider_than_the_terminal(width: int) -> None:
    gaps = tuple(
        DataGap(kind=kind, on=date(2024, 1, d), ticker=f"T{d}", count=d) for d in range(2, 12) for kind in GapKind
    )
    text = report(
        width=width,
        status=RunStatus.FAILED,
        error="something that takes a good many words to say broke in the very middle of it all",
        policy=as_mapping(
            from_mapping({"max_open_positions": 99, "declining_share_limit": 1, "vanished_after_sessions": 9})
        ),
        gaps=gaps,
        unaffordable=tuple(f"TICK{i}" for i in range(40)),
        funnel={"act": 1, "below_one_share": 12_345, "declining_positions": 3},
        notes=("a remark that goes on and on, longer than any terminal that we know of is wide, or so one would hope",),
        costs={
            "slippage_bps": 5.0,
            "commission_per_order": 1.0,
            "commission_per_share": 0.005,
            "commission_pct": 0.001,
        },
    )
    assert max(map(len, text.splitlines())) <= width
    assert "slippage 5 bp, $1 an order, $0.005 a share, 0.1 % commission" in " ".join(text.split())


def test_a_loosened_rule_is_named_with_its_default() -> None:
    text = report(width=120, policy=as_mapping(from_mapping({"max_open_positions": 12, "exit_min_confidence": 0.5})))
    assert "! 1 rule looser than the defaults: max_open_positions 12 (default 10)" in text
    assert "looser" not in report(policy=as_mapping(from_mapping({"max_open_positions": 9})))


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (RunStatus.FAILED, None, "! it failed: no luck. What it had come to is below."),
        (RunStatus.CANCELLED, None, "! it was cancelled. What it had come to is below."),
        (RunStatus.RUNNING, RunState.RUNNING, "! it is still being worked on"),
        (RunStatus.RUNNING, RunState.INTERRUPTED, "nothing of it was kept"),
    ],
)
def test_a_run_that_did_not_complete_says_so_first(status: RunStatus, state: RunState | None, said: str) -> None:
    lines = list(
        run_report.lines(a_record(policy=POLICY, status=status, error="no luck"), (), (), state=state, width=120)
    )
    assert lines[0] == f"Backtest 0: {(state or status).value}"
    assert said in "\n".join(lines[:4])
    assert ("next:" in "\n".join(lines)) == (status is not RunStatus.RUNNING)


def test_the_bars_of_the_funnel_shrink_before_they_go() -> None:
    funnel = {"act": 1_303, "not_held": 1_230, "low_confidence": 955, "declining_positions": 16}
    shown = {width: report(width=width, funnel=funnel).count("█") for width in (120, 82, 60)}
    assert shown[120] > shown[82] > 4
    assert shown[60] == 0


def test_a_curve_that_never_moved_is_not_drawn() -> None:
    assert charts.equity(days(100, 100, 100), width=80, colour=False) == []
    assert charts.drawdown(days(100, 101, 102), width=80, colour=False) == []
    assert charts.equity(days(100), width=80, colour=False) == []


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_charts_fit_and_their_days_stand_under_one_another(width: int) -> None:
    snapshots = days(*range(100_000, 100_040), 90_000, drawdowns=(0.0,) * 40 + (0.1004,))
    upper = charts.equity(snapshots, width=width, colour=False)
    lower = charts.drawdown(snapshots, width=width, colour=False)
    assert max(map(len, upper + lower)) <= width
    assert upper[-2:] == lower[-2:]
    assert "2024-01-02" in upper[-1]
    assert "2024-02-11" in upper[-1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, ["0", "50", "100"]),
        (99_845, 134_896, ["80,000", "100,000", "120,000", "140,000"]),
        (-0.188, 0, ["-0.2", "-0.1", "0.0"]),
        (0.5, 0.6, ["0.50", "0.55", "0.60"]),
    ],
)
def test_a_scale_has_round_numbers_around_the_values(low: float, high: float, expected: list[str]) -> None:
    ticks = charts.scale(low, high, 3)
    assert ticks[0] <= low <= high <= ticks[-1] + 1e-12
    assert [label.strip() for label in charts.labels(ticks)] == expected


def test_colour_codes_are_only_where_they_are_wanted() -> None:
    snapshots = days(100, 120, 90)
    assert "\x1b" in "".join(charts.equity(snapshots, width=60, colour=True))
    assert "\x1b" not in "".join(charts.equity(snapshots, width=60, colour=False))


def test_a_list_loses_columns_before_it_is_wider_than_the_terminal() -> None:
    listing = RunListing(run_id=1, state=RunState.COMPLETED, record=a_record(name="mine"))
    wide, narrow = (list(run_list.lines([listing], width=width)) for width in (200, 60))
    assert "sharpe" in wide[0]
    assert "sharpe" not in narrow[0]
    assert max(map(len, narrow)) <= 60
    assert narrow[1].endswith("mine")


def test_a_damaged_run_is_listed_with_what_is_wrong_with_it() -> None:
    listing = RunListing(run_id=3, state=RunState.DAMAGED, record=None, problem="3.db is damaged")
    assert list(run_list.lines([listing]))[-1] == "! run 3: 3.db is damaged"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0325, "pct", "3.25 %"),
        (float("inf"), "pct", "∞"),
        (1234.5, "usd", "$1,234.50"),
        (90, "seconds", "90 s"),
        (7200, "seconds", "2.0 h"),
        (1, "sessions", "1 session"),
        (2, "sessions", "2 sessions"),
        (10, "count", "10"),
        (0.123456, "corr", "0.1235"),
        (None, "pct", "–"),
    ],
)
def test_a_value_is_written_in_its_unit(value: float | None, unit: str, text: str) -> None:
    assert numbers.measured(value, unit) == text


def test_a_trace_says_how_a_value_must_stand_to_its_limit_and_what_could_not_be_asked() -> None:
    text = "\n".join(trace_report.lines(DecisionStory(decision=a_decision(1, trace=a_trace()))))
    assert "✗  confidence  60.00 %  at least 65.00 %" in text
    assert "could not be asked: heat" in text


def test_a_decision_without_a_trace_says_that_none_was_kept() -> None:
    act = a_decision(1, outcome=TradingDecisionType.ACT, skip_reason=None, shares=1)
    text = "\n".join(trace_report.lines(DecisionStory(decision=act)))
    assert "d1  ACT entry AAPL, 1 share\n" in text
    assert "No trace was kept of this decision." in text


def an_act(**fields: Any) -> Decision:
    return a_decision(1, **{"outcome": TradingDecisionType.ACT, "skip_reason": None, "shares": 30} | fields)


def test_an_entry_in_parts_shows_each_tranche_and_what_became_of_the_rest() -> None:
    story = DecisionStory(
        decision=an_act(),
        executions=(an_execution("d1"), an_execution("d1", tranche=2)),
        notices=(a_notice(note="1 of 3 tranches, 10 shares: stop_loss"),),
    )
    text = "\n".join(trace_report.lines(story))
    assert "Fills: 20 of 30 shares bought\n" in text
    assert "10  @ 171.2300  entry  tranche 1\n" in text
    assert "10  @ 171.2300  entry  tranche 2\n" in text
    assert "2024-03-01 14:45  the rest was cancelled, 1 of 3 tranches, 10 shares: stop" in text


def test_an_entry_in_one_piece_speaks_of_no_tranche() -> None:
    text = "\n".join(trace_report.lines(DecisionStory(decision=an_act(shares=10), executions=(an_execution("d1"),))))
    assert "\nFills\n" in text
    assert "tranche" not in text


def test_each_move_of_a_stop_names_the_rule_in_words() -> None:
    stops = tuple(replace(a_stop_change("d1"), rule=rule) for rule in StopRule)
    text = "\n".join(trace_report.lines(DecisionStory(decision=an_act(), stops=stops)))
    for words in ("ATR has moved", "earnings are near", "severe event is on", "heat near its limit", "stop to entry"):
        assert words in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": DecisionKind.OPERATOR, "cause": "manual"}, ("ACT operator's command AAPL", "because of operator")),
        ({"kind": DecisionKind.REBALANCE, "cause": "rebalance"}, ("ACT rebalancing sale AAPL", "of rebalanced")),
        ({"kind": DecisionKind.MICRO, "cause": "sig-9"}, ("ACT micro trade AAPL, 30 shares", "because of sig-9")),
    ],
)
def test_a_decision_without_a_recommendation_says_what_it_is_and_why(
    fields: dict[str, Any], words: tuple[str, str]
) -> None:
    text = "\n".join(trace_report.lines(DecisionStory(decision=an_act(recommendation_id=None, **fields))))
    assert all(w in text for w in words)


def test_micro_trades_are_told_apart_from_the_figures() -> None:
    micro = {"trade_count": 4, "win_rate": 0.75, "profit_factor": float("inf"), "net_pnl": 1_234_500}
    figures = metrics(micro=micro | {"average_hold_days": 0.0625})
    assert "Micro trades apart: 4, won 75.0 %, profit factor ∞, net +123.45, held 1.5 h" in report(
        width=120, metrics=figures
    )
    assert "Micro" not in report(metrics=metrics())
