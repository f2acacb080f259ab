"""Wash sales: which purchases replace what was sold at a loss?"""

from datetime import date, timedelta

import pytest

from engine.accounting import wash_sales
from engine.model.money import from_text
from engine.model.orders import OrderSide
from engine.model.tax import TaxTrade, rounded

SOLD_ON = date(2024, 6, 3)


@pytest.mark.parametrize(
    ("days", "is_put_off"), [(-31, False), (-30, True), (-1, True), (0, True), (30, True), (31, False)]
)
def test_the_30th_day_is_in_and_the_31st_is_out_on_both_sides(days: int, is_put_off: bool) -> None:
    first = _trade("first", date(2024, 1, 2), OrderSide.BUY, "1000")
    loss = _trade("loss", SOLD_ON, OrderSide.SELL, "900")
    other = _trade("other", SOLD_ON + timedelta(days=days), OrderSide.BUY, "950")

    events = [first, other, loss] if days < 0 else [first, loss, other]
    books = wash_sales.settle(events, as_of=date(2025, 1, 1))

    (sold,), (held,) = books.dispositions, books.open_lots
    assert rounded(sold.gain) == from_text("-100")
    assert rounded(sold.recognised) == from_text("0" if is_put_off else "-100")
    assert rounded(held.basis) == from_text("1050" if is_put_off else "950")


def _trade(name: str, on: date, side: OrderSide, amount: str) -> TaxTrade:
    return TaxTrade(trade_id=name, ticker="X", on=on, side=side, quantity=100, amount=from_text(amount))
