"""Histories of purchases, sales and splits, as odd as they come: what happened, from a few small numbers?"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from hypothesis import strategies as st

from engine.model.market import Split
from engine.model.orders import OrderSide
from engine.model.tax import TaxEvent, TaxTrade

BEGIN = date(2023, 11, 1)
TICKERS = ("AAA", "BBB", "CCC")
RATIOS = (Fraction(2), Fraction(3, 2), Fraction(1, 10))
MOST_SPLITS = 2
"""Of one ticker: each makes the units smaller, and the naive twin has an object for each of them."""


class Step(NamedTuple):
    """One thing that happens, `gap` days after the last. Numbers that make no sense where it comes are bent to fit.

    `parts` are the fills: quarters of a share and cents a share. `goes_on` makes a purchase a further part of the
    ticker's last order. A step with a `ratio` is a split.
    """

    gap: int
    ticker: int
    is_sale: bool
    parts: tuple[tuple[int, int], ...]
    goes_on: bool = False
    ratio: int | None = None


@dataclass(slots=True)
class _Account:
    """What is held of a ticker, and what is needed to name what happens to it."""

    held: Fraction = Fraction(0)
    ratio: Fraction = Fraction(1)
    splits: int = 0
    order_id: str = ""


@dataclass(slots=True)
class _History:
    on: date = BEGIN
    events: list[TaxEvent] = field(default_factory=list)
    accounts: dict[str, _Account] = field(default_factory=dict)

    def add(self, number: int, step: Step) -> None:
        self.on += timedelta(days=step.gap)
        ticker = TICKERS[step.ticker]
        account = self.accounts.setdefault(ticker, _Account())
        if step.ratio is not None:
            if account.splits < MOST_SPLITS:
                ratio = RATIOS[step.ratio]
                account.splits += 1
                account.held *= ratio
                account.ratio *= ratio
                self.events.append(Split(ticker=ticker, on=self.on, ratio=ratio))
            return
        if not step.is_sale and not (step.goes_on and account.order_id):
            account.order_id = f"order{number}"
        order_id = f"order{number}" if step.is_sale else account.order_id
        for fill, (quarters, cents) in enumerate(step.parts):
            quantity = Fraction(quarters, 4)
            if step.is_sale:
                quantity = min(quantity, account.held)
            if not quantity:
                break
            account.held += -quantity if step.is_sale else quantity
            self.events.append(
                TaxTrade(
                    trade_id=f"t{number}.{fill}",
                    ticker=ticker,
                    on=self.on,
                    side=OrderSide.SELL if step.is_sale else OrderSide.BUY,
                    quantity=quantity.numerator if quantity.denominator == 1 else quantity,
                    amount=int(quantity * cents * 100 / account.ratio),
                    order_id=order_id,
                )
            )


def history_of(steps: Iterable[Step]) -> list[TaxEvent]:
    """Return what `steps` come to, in order of time."""
    history = _History()
    for number, step in enumerate(steps):
        history.add(number, step)
    return history.events


_quarters = st.one_of(st.integers(1, 6).map(lambda shares: 4 * shares), st.integers(1, 20))
_parts = st.lists(st.tuples(_quarters, st.integers(700, 1_300)), min_size=1, max_size=3).map(tuple)
_gaps = st.one_of(st.integers(0, 3), st.integers(0, 16), st.sampled_from((0, 29, 30, 31, 366)))
steps = st.builds(
    Step,
    gap=_gaps,
    ticker=st.sampled_from((0, 0, 0, 1, 2)),
    is_sale=st.booleans(),
    parts=_parts,
    goes_on=st.booleans(),
    ratio=st.sampled_from((*[None] * 10, 0, 1, 2)),
)
histories = st.lists(steps, min_size=1, max_size=25).map(history_of)
whole_share_steps = steps.map(
    lambda step: step._replace(ratio=None, parts=tuple((-(-quarters // 4) * 4, c) for quarters, c in step.parts))
)
whole_share_histories = st.lists(whole_share_steps, min_size=1, max_size=25).map(history_of)
"""Without splits and parts of shares."""


def random_history(seed: int) -> list[TaxEvent]:
    """Return one that is always the same for `seed`; some are dense, some fall, some are of whole shares."""
    rng = random.Random(seed)
    longest, fall, splits = rng.choice((0, 1, 3, 8, 20)), rng.choice((0, 4, 12)), rng.choice((0, 0, 0.1))
    tickers, of_whole_shares = rng.choice(((0,), (0, 0, 1, 2))), rng.random() < 0.7
    return history_of(
        Step(
            gap=rng.choice((30, 31, 200, 366)) if rng.random() < 0.04 else rng.randint(0, longest),
            ticker=rng.choice(tickers),
            is_sale=rng.random() < 0.5,
            parts=_random_parts(rng, 1_000 - fall * number, of_whole_shares),
            goes_on=rng.random() < 0.3,
            ratio=rng.randrange(len(RATIOS)) if rng.random() < splits else None,
        )
        for number in range(rng.randint(4, 30))
    )


def _random_parts(rng: random.Random, middle: int, of_whole_shares: bool) -> tuple[tuple[int, int], ...]:
    fills = rng.choice((1, 1, 1, 2, 3))
    return tuple(
        (4 * rng.randint(1, 8) if of_whole_shares else rng.randint(1, 20), middle + rng.randint(-200, 200))
        for _ in range(fills)
    )
