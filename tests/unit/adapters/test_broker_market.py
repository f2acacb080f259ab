"""What a broker on paper in a process of its own knows of prices."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.adapters.broker_market import BrokerMarket
from engine.errors import Unavailable
from engine.model.incoming import Arrived, Quote, Refusal, Wanted
from engine.model.market import Market
from engine.model.sessions import Session, SessionTable

OPEN = datetime(2026, 1, 5, 14, 30, tzinfo=UTC)
CLOSE = OPEN + timedelta(minutes=390)
NEXT = OPEN + timedelta(days=1)
SESSIONS = SessionTable.of(
    [
        Session(on=date(2026, 1, 5), open_at=OPEN, close_at=CLOSE),
        Session(on=date(2026, 1, 6), open_at=NEXT, close_at=NEXT + timedelta(minutes=390)),
    ]
)
NOON = OPEN + timedelta(hours=2)


class Told:
    """An inlet that hands over what it is given, once, or fails."""

    def __init__(self) -> None:
        self.next = Arrived()
        self.fails = False
        self.wanted: list[Wanted] = []

    async def arrived(self, wanted: Wanted) -> Arrived:
        """See `Inlet.arrived`."""
        self.wanted.append(wanted)
        if self.fails:
            raise Unavailable("the file cannot be read")
        found, self.next = self.next, Arrived()
        return found

    def begin(self) -> None:
        """See `Inlet.begin`."""

    def quote(self, price: int, at: datetime, ticker: str = "AAA") -> None:
        """Hand this over next."""
        self.next = Arrived(quotes=[*self.next.quotes, Quote(ticker=ticker, price=price, at=at)])


@pytest.fixture
def told() -> Told:
    """The one inlet."""
    return Told()


@pytest.fixture
def prices(told: Told) -> BrokerMarket:
    """What it makes known, at noon."""
    return BrokerMarket(SESSIONS, [told], lambda: NOON)


async def looked(prices: BrokerMarket, at: datetime = NOON) -> Market:
    """Return the market after a look."""
    await prices.look(at, ())
    market = prices.market(at)
    assert market is not None
    return market


async def test_the_last_price_counts_and_is_as_old_as_it_is(prices: BrokerMarket, told: Told) -> None:
    told.quote(1_010_000, NOON - timedelta(seconds=20))
    told.quote(1_000_000, NOON - timedelta(seconds=30))
    market = await looked(prices)
    assert market.price("AAA") == 1_010_000
    assert market.price_before("AAA") == 1_000_000
    assert market.price_age_seconds("AAA") == 20
    assert market.heartbeat_age_seconds() == 20
    assert (market.price("BBB"), market.price_age_seconds("BBB"), market.price_before("BBB")) == (None, None, None)


async def test_a_price_that_comes_late_is_no_news(prices: BrokerMarket, told: Told) -> None:
    told.quote(1_010_000, NOON - timedelta(seconds=20))
    await looked(prices)
    told.quote(990_000, NOON - timedelta(seconds=25))
    assert (await looked(prices)).price("AAA") == 1_010_000


async def test_a_price_of_a_clock_that_is_ahead_counts_once_its_moment_has_come(
    prices: BrokerMarket, told: Told
) -> None:
    told.quote(1_010_000, NOON + timedelta(seconds=20))
    told.quote(1_020_000, NOON + timedelta(minutes=6))
    assert (await looked(prices)).price("AAA") is None
    assert prices.refused == {"the moment is still to come": 1}
    assert (await looked(prices, NOON + timedelta(seconds=20))).price("AAA") == 1_010_000


async def test_neither_yesterdays_prices_count_nor_those_of_hours_in_which_nothing_trades(
    prices: BrokerMarket, told: Told
) -> None:
    told.quote(1_000_000, CLOSE - timedelta(seconds=1))
    assert (await looked(prices, CLOSE - timedelta(seconds=1))).price("AAA") == 1_000_000
    told.quote(1_010_000, NEXT - timedelta(seconds=1))
    assert (await looked(prices, NEXT)).price("AAA") is None
    assert told.wanted[-1].session.on == date(2026, 1, 6)


async def test_while_nothing_trades_there_is_no_market(prices: BrokerMarket, told: Told) -> None:
    assert prices.market(NOON) is None  # nobody has looked yet
    told.quote(1_000_000, NOON)
    await looked(prices)
    for at in (CLOSE, NEXT - timedelta(seconds=1)):
        await prices.look(at, ())
        assert prices.market(at) is None


async def test_what_one_inlet_cannot_give_does_not_hold_up_the_others(told: Told) -> None:
    broken = Told()
    broken.fails = True
    prices = BrokerMarket(SESSIONS, [broken, told], lambda: NOON)
    told.quote(1_000_000, NOON)
    with pytest.raises(Unavailable, match="the file cannot be read"):
        await prices.look(NOON, ())
    market = prices.market(NOON)
    assert market is not None
    assert market.price("AAA") == 1_000_000


async def test_minute_bars_are_wanted_of_the_tickers_that_are_asked_for(prices: BrokerMarket, told: Told) -> None:
    await prices.look(NOON, ("AAA",))
    assert told.wanted[0].tickers == {"AAA"}


async def test_rows_that_cannot_be_used_are_counted_by_their_reason(prices: BrokerMarket, told: Told) -> None:
    told.next = Arrived(
        quotes=[
            Quote(ticker="AAA", price=0, at=NOON),
            Quote(ticker="AAA", price=1, at=NOON.replace(tzinfo=None)),
        ],
        refused=[Refusal(where="q.csv", row="3", reason="the price is no number")],
    )
    assert (await looked(prices)).price("AAA") is None
    assert prices.refused == {
        "the price is not above zero": 1,
        "the moment has no time zone": 1,
        "the price is no number": 1,
    }


async def test_after_the_last_session_that_is_known_somebody_has_to_begin_anew(prices: BrokerMarket) -> None:
    with pytest.raises(Unavailable, match="the calendar ends here"):
        await prices.look(NEXT + timedelta(days=1), ())
