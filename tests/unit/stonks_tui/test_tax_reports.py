"""Tax for people, for machines and on Form 8949: the same books, to the cent and to the last digit."""

import csv
import io
import json
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.accounting.tax_years import by_year
from engine.accounting.wash_sales import settle
from engine.model.money import to_decimal
from engine.model.orders import OrderSide
from engine.model.tax import FINENESS, Shares, TaxEvent, TaxTrade, Term
from stonks_tui.reports import export, form_8949, tax_json, tax_report
from stonks_tui.reports.tax_report import TaxStatement

DAY = date(2024, 3, 1)


def trade(day: int, side: str, quantity: Shares, dollars: str, *, ticker: str = "XYZ", id_: str = "") -> TaxTrade:
    return TaxTrade(
        trade_id=id_ or f"{side} {day}",
        ticker=ticker,
        on=DAY + timedelta(days=day),
        side=OrderSide(side),
        quantity=quantity,
        amount=int(Decimal(dollars) * 10_000),
    )


def statement(*events: TaxEvent, as_of: date = date(2025, 12, 31), year: int | None = None) -> TaxStatement:
    return TaxStatement(source="a list", as_of=as_of, books=settle(events, as_of=as_of), year=year)


def said(*events: TaxEvent, as_of: date = date(2025, 12, 31), year: int | None = None, width: int = 120) -> str:
    return "\n".join(tax_report.lines(statement(*events, as_of=as_of, year=year), width=width))


def form(*events: TaxEvent, form_1099b: str = "reported") -> list[dict[str, str]]:
    out = io.StringIO()
    export.write_csv(form_8949.table(statement(*events).dispositions, form_1099b), out)
    return list(csv.DictReader(io.StringIO(out.getvalue())))


WASHED = (
    trade(0, "buy", 100, "1000"),
    trade(10, "sell", 100, "800"),
    trade(20, "buy", 60, "500"),
)  # 40 of the 100 are not replaced


def test_the_first_line_says_from_what_and_as_of_when() -> None:
    assert said(*WASHED).startswith("Tax as of 2025-12-31, from a list\nAssumed: shares are sold first in, first out;")


def test_a_year_is_summed_by_term_and_the_losses_are_traced_to_their_purchases() -> None:
    text = " ".join(said(*WASHED).split())
    assert "short-term 1 800.00 1,000.00 -200.00 120.00 -80.00" in text
    assert "long-term 0 0.00 0.00 +0.00 0.00 +0.00" in text
    assert "2024-03-11 XYZ 60 120.00 sell 10 2024-03-21 buy 20" in text
    assert "XYZ 2024-03-21 2024-03-11 60 500.00 120.00 620.00 10.33 is long-term buy 20" in text
    assert "Pending" not in text


def test_a_loss_whose_window_is_open_is_pending_until_its_last_day() -> None:
    as_of = DAY + timedelta(days=40)
    assert "2024-03-11 XYZ 40 80.00 sell 10 2024-04-10" in " ".join(said(*WASHED, as_of=as_of).split())
    assert "Pending" not in said(*WASHED, as_of=as_of + timedelta(days=1))


def test_long_term_has_its_own_row_and_part() -> None:
    events = (trade(0, "buy", 2, "10"), trade(366, "sell", 1, "9"), trade(367, "sell", 1, "9.5"))
    text = " ".join(said(*events).split())
    assert "short-term 0" in text
    assert "long-term 2 18.50 10.00 +8.50 0.00 +8.50" in text
    assert "Nothing is held at the end of 2025-12-31." in text
    assert [(line["Part"], line["Box"]) for line in form(*events)] == [("II", "D")] * 2


def test_a_lot_is_long_term_from_the_day_after_its_first_year_on() -> None:
    bought = trade(0, "buy", 1, "10")
    assert "2025-03-02" in said(bought, as_of=date(2025, 3, 1))
    assert "is long-term" in said(bought, as_of=date(2025, 3, 2))


def test_a_year_narrows_what_was_sold_and_leaves_what_is_held() -> None:
    events = (*WASHED, trade(400, "sell", 10, "200"))
    text = said(*events, year=2025)
    assert "2025 " in text
    assert "2024 " not in text
    assert "disallowed in" not in text
    assert "Held at the end of" in text
    nothing = said(*events, year=2023)
    assert "Nothing was sold in 2023; there are sales in 2024, 2025." in nothing


def test_without_a_sale_the_report_says_so() -> None:
    assert "Nothing was sold." in said(trade(0, "buy", 1, "1"))
    assert "Nothing is held" in said()


def test_what_is_long_is_cut_and_says_where_all_of_it_is() -> None:
    events = [e for n in range(25) for e in (
        trade(n, "buy", 1, "10", ticker=f"T{n:02}"),
        trade(n, "sell", 1, "9", ticker=f"T{n:02}"),
        trade(n + 1, "buy", 1, "9", ticker=f"T{n:02}"),
    )]  # fmt: skip
    text = said(*events)
    assert "… and 5 more (--year 2024 --export FILE.csv writes all)" in text
    assert "… and 5 more (--json has all)" in text
    assert "T24" not in text


def test_in_a_narrow_terminal_columns_go_before_lines_break() -> None:
    assert all(len(line) <= 80 for line in said(*WASHED, as_of=DAY + timedelta(days=40), width=80).splitlines())


def test_the_form_has_the_official_columns_and_ours_after_them() -> None:
    assert form(*WASHED) == [
        {
            "Part": "I",
            "Box": "A",
            "(a) Description of property": "100 sh. XYZ",
            "(b) Date acquired": "03/01/2024",
            "(c) Date sold or disposed of": "03/11/2024",
            "(d) Proceeds": "800.00",
            "(e) Cost or other basis": "1000.00",
            "(f) Code(s)": "W",
            "(g) Amount of adjustment": "120.00",
            "(h) Gain or (loss)": "-80.00",
            "Held since": "",
            "Disallowed because of": "buy 20 (03/21/2024)",
            "Pending": "",
        }
    ]


@pytest.mark.parametrize(("form_1099b", "boxes"), [("reported", "AD"), ("not-reported", "BE"), ("none", "CF")])
def test_the_box_is_decided_by_what_the_broker_reported(form_1099b: str, boxes: str) -> None:
    events = (trade(0, "buy", 2, "10"), trade(1, "sell", 1, "9"), trade(367, "sell", 1, "9.5"))
    assert "".join(line["Box"] for line in form(*events, form_1099b=form_1099b)) == boxes


def test_lines_without_a_wash_sale_have_neither_code_nor_adjustment() -> None:
    line = form(trade(0, "buy", 1, "10"), trade(1, "sell", 1, "9"))[0]
    assert (line["(f) Code(s)"], line["(g) Amount of adjustment"], line["(h) Gain or (loss)"]) == ("", "", "-1.00")


def test_lines_stand_by_part_then_date_then_ticker() -> None:
    events = [
        trade(0, "buy", 2, "10", ticker="OLD"), trade(400, "sell", 1, "9", ticker="OLD"),
        trade(399, "buy", 1, "5", ticker="B"), trade(399, "buy", 1, "5", ticker="A"),
        trade(400, "sell", 1, "6", ticker="B"), trade(400, "sell", 1, "6", ticker="A"),
        trade(390, "buy", 1, "5", ticker="C"), trade(391, "sell", 1, "6", ticker="C"),
    ]  # fmt: skip
    assert [line["(a) Description of property"] for line in form(*events)] == [
        "1 sh. C", "1 sh. A", "1 sh. B", "1 sh. OLD",
    ]  # fmt: skip


def test_the_form_shows_since_when_replaced_shares_count_as_held() -> None:
    sold = form(*WASHED, trade(30, "sell", 60, "700"))[1]
    assert (sold["(b) Date acquired"], sold["Held since"], sold["(e) Cost or other basis"]) == (
        "03/21/2024", "03/11/2024", "620.00",
    )  # fmt: skip


HISTORIES = st.lists(
    st.tuples(st.integers(0, 500), st.booleans(), st.integers(1, 7), st.integers(0, 30_000)), min_size=2, max_size=40
)


@given(HISTORIES)
def test_the_form_adds_up_in_every_row_and_to_the_exact_sums_of_each_part(
    raw: list[tuple[int, bool, int, int]],
) -> None:
    held, events = 0, []
    for n, (day, is_buy, quantity, cents) in enumerate(sorted(raw)):
        if not is_buy:
            quantity = min(quantity, held)
        if quantity:
            held += quantity if is_buy else -quantity
            side = "buy" if is_buy else "sell"
            events.append(trade(day, side, Fraction(quantity, 3), str(Decimal(cents) / 100), id_=f"t{n}"))
    books = settle(events, as_of=date(2026, 1, 1))
    lines = form_8949.lines(books.dispositions)
    assert sorted(map(id, books.dispositions)) == sorted(id(line.disposition) for line in lines)
    for is_long in (False, True):
        of = [d for d in books.dispositions if (d.term is Term.LONG) is is_long]
        part = [line for line in lines if line.is_long is is_long]
        for column in ("proceeds", "basis"):
            exact = Fraction(sum(getattr(d, column) for d in of), FINENESS * 100)
            assert sum(getattr(line, column) for line in part) == round(exact) * 100
        assert (
            sum(line.adjustment for line in part)
            == round(Fraction(sum(d.disallowed for d in of), FINENESS * 100)) * 100
        )
    assert all(line.gain == line.proceeds - line.basis + line.adjustment for line in lines)
    for year in by_year(books.dispositions):
        of_year = form_8949.lines([d for d in books.dispositions if d.sold_on.year == year.year])
        assert sum(line.gain for line in of_year) == year.in_cents.total.recognised


def test_json_holds_everything_exact() -> None:
    third = trade(0, "buy", 3, "100"), trade(1, "sell", 1, "33.3333"), trade(2, "buy", Fraction(1, 3), "7")
    found = json.loads("\n".join(tax_json.lines(statement(*third))))
    assert (found["source"], found["as_of"], found["year"]) == ("a list", "2025-12-31", None)
    sold = found["dispositions"][0]
    assert (sold["proceeds"], sold["basis"], sold["gain"]) == ("33.3333", "33.3333333333", "-0.0000333333")
    assert sold["replaced_by"][0]["shares"] == "1/3"
    assert found["years"][0]["short_term"]["sales"] == 1
    assert sum(Decimal(lot["cost"]) for lot in found["open_lots"]) == Decimal("73.6666666667")
    assert found["open_losses"] == []


def test_json_marks_what_is_pending() -> None:
    found = json.loads("\n".join(tax_json.lines(statement(*WASHED, as_of=DAY + timedelta(days=20)))))
    assert (found["dispositions"][0]["pending"], found["dispositions"][0]["pending_until"]) == ("40", "2024-04-10")
    assert found["open_losses"] == [
        {"ticker": "XYZ", "sale_id": "sell 10", "sold_on": "2024-03-11", "until": "2024-04-10", "shares": "40",
         "loss": "80.00"}
    ]  # fmt: skip


def test_json_is_valid_whatever_a_ticker_or_an_id_is_called() -> None:
    odd = '}, {"ticker": \\ "x"'
    events = trade(0, "buy", 2, "10", ticker=odd, id_=odd), trade(1, "sell", 1, "5", ticker=odd, id_=odd * 2)
    found = json.loads("\n".join(tax_json.lines(statement(*events))))
    assert (found["dispositions"][0]["ticker"], found["open_lots"][0]["purchase_id"]) == (odd, odd)


@given(st.integers(-(10**30), 10**30))
def test_dollars_in_json_are_read_back_to_the_tenth_decimal(amount: int) -> None:
    text = tax_json.usd(amount)
    assert abs(Fraction(text) - Fraction(amount, FINENESS * 10_000)) <= Fraction(1, 2 * 10**10)
    assert 2 <= len(text.partition(".")[2]) <= 10
    assert not text.startswith("-") or amount < 0


def test_dollars_in_json_are_exact_where_ten_decimals_suffice() -> None:
    assert tax_json.usd(-5 * FINENESS) == "-0.0005"
    assert tax_json.usd(123_450_000 * FINENESS) == str(to_decimal(123_450_000)).rstrip("0").ljust(8, "0")
