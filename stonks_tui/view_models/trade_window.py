"""Trade window: which of very many closed trades have been read, and is there more on either side?"""

from dataclasses import dataclass, replace

from engine.model.positions import ClosedTrade
from engine.ports import TradePage


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeWindow:
    """Closed trades that follow one another in some order, and their places in the books.

    `has_below` and `has_above` say that there may be others. `waiting` is how many have been closed since, of those
    that fit.
    """

    trades: tuple[ClosedTrade, ...] = ()
    places: tuple[int, ...] = ()
    has_below: bool = False
    has_above: bool = False
    waiting: int = 0

    @property
    def below(self) -> int | None:
        """After which place does the page below begin? None at the end."""
        return self.places[-1] if self.has_below and self.places else None

    @property
    def above(self) -> int | None:
        """After which place, backwards, does the page above begin? None at the top."""
        return self.places[0] if self.has_above and self.places else None

    def beyond(self, step: int) -> int | None:
        """Return `below` (1) or `above` (-1)."""
        return self.below if step > 0 else self.above

    def with_below(self, page: TradePage) -> "TradeWindow":
        """Return the window with the page below it."""
        trades, places = (*self.trades, *page.trades), (*self.places, *page.places)
        return replace(self, trades=trades, places=places, has_below=page.has_more)

    def with_above(self, page: TradePage) -> "TradeWindow":
        """Return the window with the page above it, which comes backwards."""
        trades, places = (*page.trades[::-1], *self.trades), (*page.places[::-1], *self.places)
        return replace(self, trades=trades, places=places, has_above=page.has_more)

    def with_waiting(self, count: int) -> "TradeWindow":
        """Return the window, above which so many wait."""
        return replace(self, waiting=count)

    def at(self, key: str | None) -> ClosedTrade | None:
        """Return the trade whose row has that key, None when it is not in the window."""
        return next((t for place, t in zip(self.places, self.trades, strict=True) if str(place) == key), None)


def first(page: TradePage) -> TradeWindow:
    """Return the window over the first page."""
    return TradeWindow(trades=page.trades, places=page.places, has_below=page.has_more)


def around(page: TradePage, *, has_above: bool) -> TradeWindow:
    """Return the window that begins somewhere in the middle."""
    return replace(first(page), has_above=has_above)


def last(page: TradePage) -> TradeWindow:
    """Return the window over the last page, which comes backwards."""
    return TradeWindow(trades=page.trades[::-1], places=page.places[::-1], has_above=page.has_more)
