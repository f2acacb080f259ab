"""Transaction rows: what does each row of a list of transactions say, and which cannot be used?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from engine.adapters import date_columns
from engine.adapters.bar_rows import EPOCH
from engine.adapters.column_names import plain
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import NULL_TEXTS
from engine.adapters.input_options import InputOptions
from engine.adapters.text_tables import TextTable
from engine.adapters.transaction_cells import (
    PLAIN_AMOUNT,
    SPLIT,
    Unread,
    each,
    filled,
    plain_number,
    require_dollars,
    side_of,
    split_ratio,
    ticker_of,
    without_sign,
)
from engine.model.market import Split
from engine.model.money import Money, from_text
from engine.model.orders import OrderSide
from engine.model.shares import written
from engine.model.tax import Shares, TaxEvent, TaxTrade

_COSTS = frozenset({"fee", "fees", "commission", "commissions", "comm", "commfee", "feescomm", "costs", "regfee"})
_OLDEST = date(1900, 1, 1)
_DAY = 86_400_000_000


class TransactionRow(NamedTuple):
    """An event, where the file has it, and when in its day, in microseconds (0 when that is not known of every row)."""

    event: TaxEvent
    line: int
    at: int


@dataclass(slots=True)
class RowReader:
    """Makes the rows of one table, and remembers those that cannot be used."""

    table: TextTable
    found: dict[str, int]
    options: InputOptions
    latest: date
    refused: list[RefusedRow] = field(default_factory=list)
    how: str = ""
    _signs: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)  # the lines without a minus, and with

    def rows(self) -> list[TransactionRow]:
        """Return a row for each line that can be used; the others are in `refused`."""
        for line, why in self.table.malformed:
            self._refuse(line, f"the line {why}")
        dates, moments = self._dates()
        trades = zip(
            self.table.lines,
            moments,
            self._ids(),
            dates,
            each(self._column("ticker"), ticker_of),
            each(self._column("side"), side_of),
            zip(self._column("quantity"), self._column("amount"), strict=True),
            each(self._column("quantity"), self._quantity),
            each(self._column("amount"), self._amount),
            each(self._column("order_id"), filled),
            each(self._column("currency"), require_dollars),
            strict=True,
        )
        rows: list[TransactionRow] = []
        for line, at, trade_id, on, ticker, side, raw, quantity, amount, order_id, currency in trades:
            if side == SPLIT:
                quantity, amount = split_ratio(raw[0]), self._nothing(raw[1])
            bad = [c.reason for c in (trade_id, on, ticker, side, quantity, amount, currency) if type(c) is Unread]
            if not bad and side != SPLIT:
                quantity, amount, bad = self._signed(line, side, quantity, amount)
            if bad:
                self._refuse(line, "; ".join(bad))
            elif side == SPLIT:
                rows.append(TransactionRow(Split(ticker=ticker, on=on, ratio=quantity), line, at))
            else:
                trade = TaxTrade(
                    trade_id=trade_id,
                    ticker=ticker,
                    on=on,
                    side=OrderSide(side),
                    quantity=quantity,
                    amount=amount,
                    order_id=order_id,
                )
                rows.append(TransactionRow(trade, line, at))
        self._refuse_mixed_signs()
        self._refuse_mixed_orders(rows)
        return rows

    def notes(self) -> Iterator[str]:
        """Yield what else its owner should know of how the file was read."""
        for what, (_, with_minus) in self._signs.items():
            if with_minus:
                yield f"the minus before the {what} was read as: this went out"
        taken = set(self.found.values())
        costs = [name for i, name in enumerate(self.table.names) if i not in taken and plain(name) in _COSTS]
        if costs:
            amount = self.table.names[self.found["amount"]]
            yield f"NOT USED: '{costs[0]}'. What is in '{amount}' is taken as paid with costs, or received after them"

    def _refuse(self, line: int, reason: str) -> None:
        self.refused.append(RefusedRow(path=str(self.table.file.path), row_number=line, reason=reason))

    def _column(self, ours: str) -> Sequence[str]:
        return self.table.column(self.found.get(ours))

    def _dates(self) -> tuple[list[date | Unread], list[int]]:
        written = self._column("date")
        texts = list(dict.fromkeys(written))
        when = date_columns.of_texts(texts, date_format=self.options.date_format)
        days, mapped = date_columns.session_days(when)
        self.how = ", ".join(note for note in (when.how, mapped) if note and note != "dates")
        of_a_kind = bool(when.aware.all() or not when.aware.any()) and not when.date_only.any()
        timed = of_a_kind and bool((when.micros % _DAY != 0).any())
        bad = (when.empty | when.bad).tolist()
        dates = {
            text: Unread(f"the date {text!r} cannot be read" if text else "the date is missing")
            if gone
            else self._day(day)
            for text, day, gone in zip(texts, days.tolist(), bad, strict=True)
        }
        moments = dict(zip(texts, when.micros.tolist(), strict=True)) if timed else dict.fromkeys(texts, 0)
        return [dates[text] for text in written], [moments[text] for text in written]

    def _day(self, day: int) -> date | Unread:
        on = date.fromordinal(day + EPOCH)
        if on > self.latest:
            return Unread(f"{on} is after {self.latest}: the day is still to come")
        return on if on >= _OLDEST else Unread(f"{on} is too long ago to be right")

    def _ids(self) -> list[str | Unread]:
        ids: list[str | Unread] = []
        first: dict[str, int] = {}
        for line, text in zip(self.table.lines, self._column("id"), strict=True):
            name = filled(text) or f"row {line}"
            before = first.setdefault(name, line)
            ids.append(name if before == line else Unread(f"the id {name!r} is that of row {before}"))
        return ids

    def _number(self, text: str, what: str) -> str:
        """Return the number as plain text. Raises ValueError when there is none."""
        if text in NULL_TEXTS:
            raise ValueError(f"the {what} is missing")
        number = plain_number(text, decimal_comma=self.table.decimal_comma)
        if number is None:
            raise ValueError(f"the {what} {text!r} is not a number")
        return number

    def _quantity(self, text: str) -> Shares:
        quantity = Fraction(self._number(text, "quantity"))
        if not quantity:
            raise ValueError("the quantity is zero")
        return int(quantity) if quantity.denominator == 1 else quantity

    def _amount(self, text: str) -> Money:
        if not self.table.decimal_comma and (match := PLAIN_AMOUNT.fullmatch(text)):  # which nearly all of them are
            return int(match[1] + (match[2] or "").ljust(4, "0"))
        number = self._number(without_sign(text), "amount")
        try:
            return from_text(number)
        except ValueError:
            raise ValueError(f"the amount {text!r} has more than 4 decimal places") from None

    def _nothing(self, text: str) -> Money | Unread:
        """Return no dollars, which is what a split has."""
        try:
            return Unread(f"a split with an amount of {text}") if filled(text) and self._amount(text) else 0
        except ValueError as error:
            return Unread(str(error))

    def _signed(self, line: int, side: str, quantity: Shares, amount: Money) -> tuple[Shares, Money, list[str]]:
        """Return quantity and amount without a minus, and what is wrong with it where it means nothing.

        Some brokers put one before what goes out: the dollars of a purchase, the shares of a sale.
        """
        is_buy = side == "buy"
        if is_buy and quantity < 0:
            return quantity, amount, [f"a purchase of {written(quantity)} shares"]
        if not is_buy and amount < 0:
            return quantity, amount, ["the amount of a sale is below zero"]
        if out := amount if is_buy else quantity:
            what = "amount of purchases" if is_buy else "quantity of sales"
            self._signs.setdefault(what, ([], []))[out < 0].append(line)
        return (-quantity if quantity < 0 else quantity), abs(amount), []

    def _refuse_mixed_signs(self) -> None:
        """Refuse a file that has a minus before some of what went out and not before the rest: what do they mean?"""
        for what, (without, with_minus) in self._signs.items():
            if with_minus and without:
                line = min(without, with_minus, key=len)[0]
                counts = f"a minus in {len(with_minus):,} rows and none in {len(without):,}"
                self._refuse(line, f"the {what} has {counts}: is it a correction?")

    def _refuse_mixed_orders(self, rows: Sequence[TransactionRow]) -> None:
        """Refuse rows that would be of the order of another ticker or side: that column holds something else."""
        first: dict[str, tuple[str, OrderSide, int]] = {}
        for event, line, _ in rows:
            if isinstance(event, Split) or not event.order_id:
                continue
            ticker, side, before = first.setdefault(event.order_id, (event.ticker, event.side, line))
            if (ticker, side) != (event.ticker, event.side):
                self._refuse(line, f"the order {event.order_id!r} is to {side.value} {ticker} in row {before}")
