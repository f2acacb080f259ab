"""What would flip a skip: by how much a check was missed, and the nearest change by which it passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.verdict import Check, Trace, Verdict
from engine.model.views import DecisionStory
from stonks_tui.view_models import decision_pairs, flip_changes, flips
from stonks_tui.view_models.decision_lines import UNITS
from stonks_tui.view_models.text import texts
from tests.support.samples import a_decision

WITH_SETTING = [check for check in flip_changes.SETTINGS if check is not Check.MICRO_COUNT]


def a_verdict(check: Check, value: float | None = None, limit: float | None = None, *, passed: bool = False) -> Verdict:
    return Verdict(check=check, passed=passed, value=value, limit=limit, unit=UNITS.get(check, ""))


def skipped(*verdicts: Verdict, inputs: tuple[tuple[str, float], ...] = (), **fields: object) -> Decision:
    reason = next(v.skip_reason for v in verdicts if not v.passed)
    trace = Trace(verdicts=verdicts, inputs=inputs)
    return a_decision(1, **({"skip_reason": reason, "trace": trace} | fields))


def said(decision: Decision) -> str:
    return " ".join(" ".join(texts(flips.lines(DecisionStory(decision=decision), 200))).split())


@pytest.mark.parametrize("check", WITH_SETTING)
@given(value=st.floats(0, 400, allow_nan=False), limit=st.floats(0, 400, allow_nan=False))
def test_with_the_setting_that_is_named_the_check_passes_and_it_is_the_nearest(
    check: Check, value: float, limit: float
) -> None:
    v = a_verdict(check, value, limit)
    if v.unit in {"count", "sessions"}:
        v = a_verdict(check, round(value), round(limit))
    assert v.value is not None
    assert v.limit is not None
    change = flip_changes.setting_change(v, "moderate")
    assert change is not None
    assert flip_changes.passes(v, value=v.value, limit=change.needed)
    step = 1.0 if v.unit in {"count", "sessions", "seconds"} else 0.01 if v.unit == "usd" else 0.0001
    assert abs(change.needed - v.value) <= step + 1e-6


@pytest.mark.parametrize("check", [*WITH_SETTING, Check.EXPIRY, Check.COOL_DOWN, Check.CASH, Check.SHARES])
@given(limit=st.floats(0.01, 400, allow_nan=False))
def test_with_the_value_that_is_named_the_check_passes(check: Check, limit: float) -> None:
    whole = UNITS.get(check, "") in {"count", "sessions"}
    v = a_verdict(check, 0.0, round(limit) if whole else limit)
    needed = flip_changes.needed_value(v)
    assert needed is not None
    assert v.limit is not None
    assert flip_changes.passes(v, value=needed, limit=v.limit)


def test_a_confidence_says_by_how_many_points_it_was_missed_and_which_setting_would_do() -> None:
    text = said(skipped(a_verdict(Check.CONFIDENCE, 0.6123, 0.65)))
    assert "had 61.23 %, needed at least 65.00 %" in text
    assert "missed by 3.77 points" in text
    assert "or tiers.moderate.min_confidence from 0.65 to 0.6123" in text
    assert "heat, a whole share would have to be judged anew" in text


def test_a_limit_that_must_lie_below_is_one_more_than_the_count() -> None:
    assert "or max_open_positions from 10 to 11" in said(skipped(a_verdict(Check.POSITION_COUNT, 10, 10)))
    assert "positions of 9, the limit as it was" in said(skipped(a_verdict(Check.POSITION_COUNT, 10, 10)))


def test_heat_says_how_much_of_the_entry_there_was_room_for() -> None:
    verdict = a_verdict(Check.HEAT, 0.034, 0.03)
    assert "an entry of at most 60.0 % of its size" in said(skipped(verdict, inputs=(("heat", 0.024),)))
    assert "no size would do: what is held risked 3.20 % already" in said(skipped(verdict, inputs=(("heat", 0.032),)))


def test_the_checks_that_failed_later_are_named_and_those_that_could_not_be_asked() -> None:
    verdicts = (
        a_verdict(Check.PRICE, 900, 60),
        a_verdict(Check.EARNINGS, 1, 2),
        a_verdict(Check.CASH, 5, 1, passed=True),
    )
    trace = Trace(verdicts=verdicts, not_computed=(Check.HEAT,))
    text = said(a_decision(1, skip_reason="no_price", trace=trace))
    assert "2 checks failed" in text
    assert "Flipping the first alone is not enough: earnings failed too." in text
    assert "they could not be asked: heat." in text


def test_without_a_trace_the_later_checks_are_said_to_be_unknown() -> None:
    text = said(a_decision(1))
    assert "missed by 5.00 points" in text
    assert "The later checks are not known" in text
    assert "stonks explain d1" in text


def test_what_was_taken_has_nothing_to_flip() -> None:
    taken = a_decision(1, outcome=TradingDecisionType.ACT, skip_reason=None)
    assert "It was taken" in said(taken)


@pytest.mark.parametrize("check", Check)
def test_every_check_says_something_that_would_have_let_it_pass(check: Check) -> None:
    value, limit = (None, None) if check in flip_changes.WITHOUT_NUMBERS else (5.0, 5.0)
    assert "→" in said(skipped(a_verdict(check, value, limit)))


def test_a_setting_beyond_its_range_is_said_to_be() -> None:
    assert "which is beyond what may be set" in said(skipped(a_verdict(Check.EARNINGS, -1, 2)))


def test_two_decisions_beside_each_other_mark_the_lines_that_differ() -> None:
    one = skipped(a_verdict(Check.CONFIDENCE, 0.61, 0.65), a_verdict(Check.HELD, passed=True))
    other = skipped(a_verdict(Check.CONFIDENCE, 0.55, 0.65), a_verdict(Check.HELD, passed=True), ticker="MSFT")
    found = texts(decision_pairs.lines(DecisionStory(decision=one), DecisionStory(decision=other), 80))
    by_label = {text[2:].split("  ")[0].strip(): text for text in found if text.strip()}
    assert by_label["ticker"].startswith("! ")
    assert by_label["ticker"].split()[2:] == ["AAPL", "MSFT"]
    assert by_label["confidence"].startswith(("! ", "  "))
    assert by_label["not held yet"].startswith("  ")
    assert [text for text in found if "✗ 61.00 %" in text and "✗ 55.00 %" in text and text.startswith("!")]


@pytest.mark.parametrize("columns", [20, 30, 60, 120])
def test_nothing_is_wider_than_the_pane(columns: int) -> None:
    story = DecisionStory(decision=skipped(a_verdict(Check.HEAT, 0.034, 0.03), a_verdict(Check.SECTOR, 0.3, 0.25)))
    for found in (flips.lines(story, columns), decision_pairs.lines(story, story, columns)):
        assert all(len(text) <= columns for text in texts(found))
