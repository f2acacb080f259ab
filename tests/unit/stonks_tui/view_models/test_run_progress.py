"""A run as it tells of itself, folded into what is shown."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model.runs import RunStatus
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, Reading, Refused, RunEvent
from stonks_tui.view_models import run_progress
from stonks_tui.view_models.run_progress import POINTS, RunProgress
from stonks_tui.view_models.text import texts, width
from tests.support import strategies

START, END = date(2021, 1, 4), date(2022, 12, 30)
BEGUN = Begun(run_id=7, sessions=504, start=START, end=END)


def progressed(done: int, seconds: float = 1.0, **fields: object) -> Progressed:
    plain = {"on": START + timedelta(days=done), "total": 504, "decisions": done, "equity": 10_000 * done}
    return Progressed(done=done, seconds=seconds, **plain | fields)  # type: ignore[arg-type]


def after(*events: RunEvent) -> RunProgress:
    progress = RunProgress()
    for event in events:
        progress = progress.after(event, seconds=4.0)
    return progress


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ((), "starting"),
        ((Reading(what="prices"),), "reading: prices"),
        ((BEGUN,), "simulating 0 %"),
        ((BEGUN, progressed(126)), "simulating 25 %, 3 s left"),
        ((BEGUN, progressed(504), Keeping(decisions=9)), "writing down"),
        ((BEGUN, Ended(run_id=7, status=RunStatus.COMPLETED)), "run 7 completed"),
        ((BEGUN, Refused(message="interrupted", exit_code=130)), "cancelled"),
        ((Refused(message="no prices", exit_code=2),), "refused"),
    ],
)
def test_each_step_has_its_words(events: tuple[RunEvent, ...], said: str) -> None:
    assert run_progress.headline(after(*events)) == said


def test_rate_and_time_left_come_from_the_sessions_alone() -> None:
    progress = after(BEGUN, progressed(252, seconds=2.0))
    assert (progress.rate, progress.seconds_left, progress.fraction) == (126.0, 2.0, 0.5)


def test_before_the_first_session_nothing_is_said_of_time() -> None:
    assert after(BEGUN).rate is None
    assert after(BEGUN).seconds_left is None


def test_only_a_run_that_ended_by_itself_can_be_looked_at() -> None:
    assert after(BEGUN, Ended(run_id=7, status=RunStatus.CANCELLED)).is_kept
    assert not after(BEGUN, Refused(message="killed")).is_kept
    assert after(BEGUN, Refused(message="killed")).ended is RunStatus.FAILED


def test_a_refusal_is_told_with_what_to_do() -> None:
    found = texts(
        run_progress.lines(after(Refused(message="there are no prices", hint="stonks import", exit_code=2)), 60)
    )
    assert found == ["refused", "! there are no prices", "  stonks import"]


def test_a_run_under_way_is_told_with_bar_rate_and_value() -> None:
    found = texts(run_progress.lines(after(BEGUN, progressed(126, equity=1_000_000)), 60))
    assert found[0] == "simulating  run 7"
    assert found[1].endswith(" 25 %")
    assert found[2:] == [
        "session 126 of 504  2021-05-10",
        "126 sessions/s  3 s left  1 s so far",
        "126 decisions  total value 100.00",
    ]


def test_a_curve_fills_the_rows_that_are_left() -> None:
    assert len(run_progress.lines(after(BEGUN, progressed(1), progressed(2)), 60, 20)) == 20
    assert len(run_progress.lines(after(BEGUN, progressed(1), progressed(2)), 60, 8)) == 5


def test_a_farewell_says_how_long_it_took() -> None:
    ended = after(BEGUN, progressed(504), Keeping(decisions=1_234), Ended(run_id=7, status=RunStatus.COMPLETED))
    assert run_progress.farewell(ended) == "run 7 completed: 504 sessions, 1,234 decisions in 4 s"


@pytest.mark.parametrize("count", [1, POINTS, POINTS + 1, 2 * POINTS + 7, 20_000])
def test_a_long_curve_is_thinned_evenly_and_keeps_both_ends(count: int) -> None:
    curve = run_progress.curve(after(BEGUN, *(progressed(n, total=count) for n in range(1, count + 1))))
    assert curve is not None
    assert (curve.values[0], curve.values[-1]) == (1.0, count)
    assert len(curve.values) <= POINTS + 1
    assert len(curve.values) > min(count, POINTS) // 2
    steps = {b - a for a, b in zip(curve.values, curve.values[1:-1], strict=False)}
    assert len(steps) <= 1


whole = st.integers(0, 10**9)
seconds = st.floats(0, 1e300)
events: st.SearchStrategy[RunEvent] = st.one_of(
    st.builds(Reading, what=strategies.texts),
    st.builds(Begun, run_id=whole, sessions=whole, start=strategies.days, end=strategies.days),
    st.builds(
        Progressed,
        on=strategies.days,
        done=whole,
        total=whole,
        decisions=whole,
        equity=strategies.money,
        seconds=seconds,
    ),
    st.builds(Keeping, decisions=whole),
    st.builds(Ended, run_id=whole, status=st.sampled_from(RunStatus), error=strategies.texts),
    st.builds(Refused, message=strategies.texts, hint=strategies.texts, exit_code=st.integers(-15, 255)),
)


@given(told=st.lists(events, max_size=8), columns=st.integers(1, 140), rows=st.integers(0, 30))
def test_anything_that_is_told_can_be_shown(told: list[RunEvent], columns: int, rows: int) -> None:
    progress = after(*told)
    run_progress.headline(progress)
    run_progress.farewell(progress)
    found = run_progress.lines(progress, columns, rows)
    assert all(width(text) <= columns for text in found)
