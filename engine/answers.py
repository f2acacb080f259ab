"""Answers: what did a market say when the core asked, and how is it asked again?

A turn is decided on what the market says at one moment. Only what was asked is kept, so a replay needs no prices.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from engine.errors import BrokenInvariant
from engine.model.market import Market
from engine.model.money import Money

Answers = tuple[tuple[str, tuple[Any, ...], Any], ...]
"""What was asked: the question's name, what it was about, and the answer; in the order in which it was first asked."""


class _Asked(ABC):
    """A market whose answers come from `_said`."""

    @abstractmethod
    def _said(self, question: str, *about: Any) -> Any:
        """Return the answer to the question of that name."""

    def price(self, ticker: str) -> Money | None:
        """See `Market.price`."""
        found: Money | None = self._said("price", ticker)
        return found

    def price_age_seconds(self, ticker: str) -> float | None:
        """See `Market.price_age_seconds`."""
        found: float | None = self._said("price_age_seconds", ticker)
        return found

    def price_before(self, ticker: str) -> Money | None:
        """See `Market.price_before`."""
        found: Money | None = self._said("price_before", ticker)
        return found

    def heartbeat_age_seconds(self) -> float | None:
        """See `Market.heartbeat_age_seconds`."""
        found: float | None = self._said("heartbeat_age_seconds")
        return found

    def bar_range(self, ticker: str) -> tuple[Money, Money] | None:
        """See `Market.bar_range`."""
        found: tuple[Money, Money] | None = self._said("bar_range", ticker)
        return found

    def atr(self, ticker: str) -> float | None:
        """See `Market.atr`."""
        found: float | None = self._said("atr", ticker)
        return found

    def closed_bars(self, ticker: str) -> int:
        """See `Market.closed_bars`."""
        found: int = self._said("closed_bars", ticker)
        return found

    def correlations(self, ticker: str, others: tuple[str, ...]) -> tuple[float, ...]:
        """See `Market.correlations`."""
        found: tuple[float, ...] = self._said("correlations", ticker, others)
        return found

    def sector(self, ticker: str) -> str | None:
        """See `Market.sector`."""
        found: str | None = self._said("sector", ticker)
        return found

    def sessions_to_earnings(self, ticker: str) -> int | None:
        """See `Market.sessions_to_earnings`."""
        found: int | None = self._said("sessions_to_earnings", ticker)
        return found


class RecordingMarket(_Asked):
    """A market that notes what it is asked."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self._answers: dict[tuple[str, tuple[Any, ...]], Any] = {}

    def _said(self, question: str, *about: Any) -> Any:
        key = question, about
        if key not in self._answers:
            ask: Callable[..., Any] = getattr(self.market, question)
            self._answers[key] = ask(*about)
        return self._answers[key]

    def take_answers(self) -> Answers:
        """Return what was asked since the last call."""
        taken = tuple((question, about, answer) for (question, about), answer in self._answers.items())
        self._answers = {}
        return taken


class RecalledMarket(_Asked):
    """A market that answers what it answered before, and nothing else."""

    def __init__(self, answers: Answers) -> None:
        self._answers = {(question, about): answer for question, about, answer in answers}

    def _said(self, question: str, *about: Any) -> Any:
        try:
            return self._answers[question, about]
        except KeyError:
            raise BrokenInvariant(f"the {question} of {about} was not asked for when this was decided") from None


def to_plain(answers: Answers) -> list[Any]:
    """Return `answers` as what JSON can say."""
    return [list(said) for said in answers]


def from_plain(said: list[Any]) -> Answers:
    """Return the answers that `to_plain` was given, read back from JSON: its lists were tuples."""
    return tuple((question, _tuples(about), _tuples(answer)) for question, about, answer in said)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
