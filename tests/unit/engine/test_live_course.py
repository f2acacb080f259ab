"""Live course: mornings that have to be known, what is offered again, and one source's silence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest

from engine.decision.events import (
    MacroEventReceived,
    PricesSeen,
    RecommendationReceived,
    SessionEnded,
    SessionOpened,
    SplitTookEffect,
)
from engine.decision.state import State
from engine.errors import BrokenInvariant, Unavailable
from engine.live_course import LiveCourse
from engine.live_history import no_bars
from engine.live_sources import LiveSources, NoHistory
from engine.model.incoming import Arrived, DayFacts, Quote, Refusal, Wanted
from engine.model.macro import MacroEvent
from engine.model.market import Security, Split
from engine.model.portfolio import RiskTierName
from engine.model.recommendation import Recommendation
from engine.model.sessions import Session
from engine.policy import TradingPolicy
from engine.steps import LookDue, Offered, Step
from engine.trader import LATE
from tests.support.tapes import FREE, at, buy, day, rules, session_of, shock, weekdays

SESSIONS = weekdays(day(-20), 60)
TODAY = session_of(day(0))
KNOWN = DayFacts(bars=no_bars(), securities=[Security(ticker="AAA"), Security(ticker="BBB")])


@dataclass
class Driver:
    """A driver that has what it is told, and the clock of the looks."""

    state: State
    policy: TradingPolicy = field(default_factory=rules)
    noted: int = 0
    now: datetime = at(0, -1)

    def is_eventful(self) -> bool:
        return False

    def next_look(self, at: datetime) -> datetime:
        return max(at, self.now)

    def made_at(self, at: datetime) -> datetime:
        return self.now if self.now - at > LATE else at

    def noted_at_open(self) -> int:
        return self.noted


@dataclass
class Letters:
    """An inlet to which things come at their moments; while it is `dead` nobody hears of them."""

    arriving: list[tuple[datetime, Arrived]] = field(default_factory=list)
    dead: Callable[[datetime], bool] = lambda _: False
    handed: int = 0

    def begin(self) -> None:
        self.handed = 0

    async def arrived(self, wanted: Wanted) -> Arrived:
        if self.dead(wanted.at):
            raise Unavailable("the letter box is shut")
        due = [arrived for moment, arrived in self.arriving if moment <= wanted.at]
        new, self.handed = due[self.handed :], len(due)
        return Arrived(
            quotes=[quote for a in new for quote in a.quotes],
            recommendations=[r for a in new for r in a.recommendations],
            macro_events=[e for a in new for e in a.macro_events],
            refused=[r for a in new for r in a.refused],
        )


@dataclass
class Chronicle:
    """A history that knows its facts from a moment on."""

    known: DayFacts = KNOWN
    refusals: int = 0

    async def facts(self, first: date, last: date) -> DayFacts:
        del first, last
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("market.db is gone")
        return self.known


def beginning() -> State:
    return State.start(capital=1_000_000_000, sessions=SESSIONS, tier=RiskTierName.MODERATE, costs=FREE)


async def played(
    course: LiveCourse,
    sources: LiveSources,
    session: Session = TODAY,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Step]:
    """Return the steps of `session` up to `until`, the sources refreshed at every look as the engine does it."""
    steps: list[Step] = []
    for step in course.play(0, session, since=since):
        if isinstance(step, LookDue):
            if until is not None and step.at > until:
                break
            try:
                await sources.refresh(step.at, session)
            except Unavailable:
                continue
        else:
            steps.append(step)
    return steps


def offered(steps: Sequence[Step]) -> list[tuple[str, datetime]]:
    batches = [step for step in steps if isinstance(step, Offered)]
    return [(batch.batch.table.recommendation_id[i], batch.at) for batch in batches for i in batch.batch.order]


def kinds(steps: Sequence[Step]) -> list[type]:
    return [type(step) for step in steps]


def letter(minute: float, *recommendations: Recommendation, **more: Sequence[object]) -> tuple[datetime, Arrived]:
    return at(0, minute), replace(Arrived(recommendations=recommendations), **more)  # type: ignore[arg-type]


async def test_a_session_is_not_opened_before_its_morning_is_known() -> None:
    chronicle = Chronicle(refusals=4)
    sources = LiveSources(SESSIONS, [Letters()], chronicle)
    steps = await played(LiveCourse(Driver(beginning()), sources), sources)
    assert chronicle.refusals == 0
    assert kinds(steps)[0] is SessionOpened
    assert kinds(steps)[-1] is SessionEnded


async def test_a_session_whose_morning_nobody_knows_is_not_opened_at_all() -> None:
    sources = LiveSources(SESSIONS, [Letters()], Chronicle(refusals=10_000))
    assert await played(LiveCourse(Driver(beginning()), sources), sources) == []


async def test_nobody_plays_a_session_that_was_not_refreshed() -> None:
    sources = LiveSources(SESSIONS, [], NoHistory())
    with pytest.raises(BrokenInvariant, match="before their session was refreshed"):
        sources.feed(0, TODAY)


async def test_what_fell_due_while_no_engine_ran_is_noted_at_the_open_and_once() -> None:
    splits = [Split(ticker="AAA", on=day(n), ratio=Fraction(n + 5)) for n in (-2, -1, 0, 1)]
    sources = LiveSources(SESSIONS, [Letters()], Chronicle(replace(KNOWN, splits=splits)))
    driver = Driver(beginning())
    driver.state.ended_on = day(-2)
    steps = await played(LiveCourse(driver, sources), sources, until=at(0, 2))
    assert [step.split.on for step in steps if isinstance(step, SplitTookEffect)] == [day(-1), day(0)]
    assert kinds(steps)[:3] == [SessionOpened, SplitTookEffect, SplitTookEffect]

    driver.noted = 1  # the engine died right after the first one
    steps = await played(LiveCourse(driver, sources), sources, since=at(0, 3), until=at(0, 4))
    assert [(s.split.on, s.at) for s in steps if isinstance(s, SplitTookEffect)] == [(day(0), at(0, 3))]


async def test_prices_and_recommendations_are_seen_at_the_look_after_they_came() -> None:
    prints = [Quote(ticker="AAA", price=1_000_000, at=at(0, 1.5))]
    letters = Letters([letter(1.5, buy("AAA"), quotes=prints), letter(3, buy("BBB"))])
    sources = LiveSources(SESSIONS, [letters], Chronicle())
    steps = await played(LiveCourse(Driver(beginning()), sources), sources, until=at(0, 4))
    assert offered(steps) == [("buy AAA on day 0", at(0, 2)), ("buy BBB on day 0", at(0, 3))]
    seen = [(s.at, s.market.price("AAA")) for s in steps if isinstance(s, PricesSeen)]
    assert seen[1:3] == [(at(0, 1), None), (at(0, 2), 1_000_000)]


async def test_what_one_inlet_cannot_tell_holds_up_no_other_and_is_told_later() -> None:
    shut = Letters([letter(1, buy("AAA"))], dead=lambda moment: moment < at(0, 5))
    sources = LiveSources(SESSIONS, [shut, Letters([letter(1, buy("BBB"))])], Chronicle())
    course = LiveCourse(Driver(beginning()), sources)
    steps = await played(course, sources, until=at(0, 6))
    assert offered(steps) == [("buy BBB on day 0", at(0, 1)), ("buy AAA on day 0", at(0, 5))]
    with pytest.raises(Unavailable, match="the letter box is shut"):
        await sources.refresh(at(0, 4), TODAY)


async def test_what_lived_its_time_before_it_came_is_not_offered() -> None:
    old, good = buy("AAA", generated_at=at(-2, 5)), buy("BBB", generated_at=at(-2, 5), expires_at=at(0, 60))
    sources = LiveSources(SESSIONS, [Letters([letter(0, old, good)])], Chronicle())
    steps = await played(LiveCourse(Driver(beginning()), sources), sources, until=at(0, 2))
    assert [name for name, _ in offered(steps)] == ["buy BBB on day 0"]


async def test_what_had_to_wait_for_longer_than_it_lives_is_told_so_at_the_close() -> None:
    recommendation = buy("AAA", generated_at=at(-1, 5))
    sources = LiveSources(SESSIONS, [Letters([letter(0, recommendation)])], Chronicle())
    course = LiveCourse(Driver(beginning()), sources)
    course.wait(recommendation, at(3, 0))
    steps = await played(course, sources)
    assert [step.recommendation for step in steps if isinstance(step, RecommendationReceived)] == [recommendation]


async def test_another_trader_of_the_account_is_offered_everything_again() -> None:
    sources = LiveSources(SESSIONS, [Letters([letter(0, buy("AAA"))])], Chronicle())
    for _ in range(2):
        course = LiveCourse(Driver(beginning()), sources)
        steps = await played(course, sources, until=at(0, 3))
        assert offered(steps) == [("buy AAA on day 0", at(0, 0))]


async def test_an_event_that_the_account_knows_is_not_told_again_but_its_revision_is() -> None:
    known, over = shock(0, 0, 60), shock(-1, 0, 5, name="over")
    revised = replace(known, until=at(0, 1))
    letters = Letters([letter(0, macro_events=[known, over]), letter(2, macro_events=[revised])])
    sources = LiveSources(SESSIONS, [letters], Chronicle())
    driver = Driver(beginning())
    driver.state.agenda.events[known.event_id] = known
    steps = await played(LiveCourse(driver, sources), sources, until=at(0, 5))
    told: list[MacroEvent] = [step.event for step in steps if isinstance(step, MacroEventReceived)]
    assert told == [revised]


async def test_an_event_is_told_at_the_look_at_which_it_is_known() -> None:
    sources = LiveSources(SESSIONS, [Letters([letter(2.5, macro_events=[shock(0, 1, 60)])])], Chronicle())
    steps = await played(LiveCourse(Driver(beginning()), sources), sources, until=at(0, 5))
    assert [step.at for step in steps if isinstance(step, MacroEventReceived)] == [at(0, 3)]


async def test_what_is_to_be_said_of_the_sources_is_said_in_words() -> None:
    refusal = Refusal(where="recommendations", row="r1", reason="the confidence is not within 0..1")
    prints = [
        Quote(ticker="ZZZ", price=1, at=at(0, 0)),
        Quote(ticker="AAA", price=5, at=at(0, 1)),
        Quote(ticker="AAA", price=0, at=at(0, 1)),
    ]
    late = [Quote(ticker="AAA", price=4, at=at(0, 0.5))]
    letters = Letters([letter(1, buy("AAA"), quotes=prints, refused=[refusal]), letter(2, quotes=late)])
    sources = LiveSources(SESSIONS, [letters], Chronicle())
    await played(LiveCourse(Driver(beginning()), sources), sources, until=at(0, 3))
    assert sources.notes == (
        "there are no daily bars: without ATR nothing is bought",
        "1 row refused: the confidence is not within 0..1",
        "1 row refused: nobody knows the ticker (ZZZ)",
        "1 row refused: the price is not above zero (AAA)",
        "1 print came later than a newer one of its ticker: no news",
    )
    assert sources.refused == (refusal,)
    assert sources.newest_recommendation_at() == at(-1, 390) + timedelta(hours=1)


async def test_a_position_that_no_history_knows_has_its_price_all_the_same() -> None:
    prints = [Quote(ticker="OLD", price=70, at=at(0, 0))]
    sources = LiveSources(SESSIONS, [Letters([letter(0, quotes=prints)])], NoHistory())
    sources.expect(TODAY, held={"OLD"}, noted_until=None, events_on=())
    await sources.refresh(TODAY.open_at, TODAY)
    market = sources.feed(0, TODAY).at(TODAY.open_at)
    assert market.price("OLD") == 70
    assert market.correlations("OLD", ("OLD",)) == (0.0,)


@pytest.mark.parametrize(
    ("wakes", "looks"),
    [
        (at(0, 2) + timedelta(seconds=4), [at(0, 0), at(0, 1), at(0, 2), at(0, 3)]),
        (at(0, 9.3), [at(0, 0), at(0, 1), at(0, 9.3), at(0, 10.3)]),
        (at(0, 400), [at(0, 0), at(0, 1), TODAY.close_at]),
    ],
)
async def test_a_look_that_comes_late_is_one_of_the_moment_at_which_it_comes(
    wakes: datetime, looks: Sequence[datetime]
) -> None:
    prints = [Quote(ticker="AAA", price=price, at=at(0, minute)) for minute, price in ((0, 100), (9, 70), (10, 60))]
    sources = LiveSources(
        SESSIONS, [Letters([letter(0, quotes=prints[:1]), letter(9, quotes=prints[1:])])], Chronicle()
    )
    driver = Driver(beginning())
    seen: list[tuple[datetime, int | None]] = []
    for step in LiveCourse(driver, sources).play(0, TODAY):
        if isinstance(step, LookDue):
            driver.now = wakes if step.at == at(0, 2) else driver.now
            await sources.refresh(max(step.at, driver.now), TODAY)
        elif isinstance(step, PricesSeen):
            seen.append((step.at, step.market.price("AAA")))
    assert [moment for moment, _ in seen][: len(looks)] == list(looks)
    if wakes == at(0, 9.3):
        assert [price for _, price in seen[:4]] == [100, 100, 70, 60]
