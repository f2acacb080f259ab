"""Wire: what one side writes the other reads as it was, and what is no message is refused in words."""

import json
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.broking import wire
from engine.broking.messages import (
    AccountMode,
    Answer,
    Job,
    JobDone,
    JobKind,
    JobRefused,
    OrderHistory,
    OrderTold,
    PositionsTold,
    RefusalReason,
    TickerTold,
)
from engine.errors import BadInput
from engine.model.live import OrderReport, TickerReport
from engine.model.orders import Order, OrderSide, OrderState, OrderTag, OrderType, TimeInForce

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20)
COUNTS = st.integers(0, 2**53 - 1)
AMOUNTS = st.integers(0, 10**12)
IDS = {"account_id": NAMES, "job_id": NAMES, "mode": st.sampled_from(AccountMode), "epoch": COUNTS}


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Orders of all kinds."""
    order_type = draw(st.sampled_from(OrderType))
    return Order(
        client_order_id=draw(NAMES),
        decision_id=draw(NAMES),
        recommendation_id=draw(st.none() | NAMES),
        ticker=draw(NAMES),
        side=draw(st.sampled_from(OrderSide)),
        quantity=draw(st.integers(1, 10**9)),
        order_type=order_type,
        limit_price=draw(AMOUNTS) if order_type is OrderType.LIMIT else None,
        time_in_force=TimeInForce.DAY,
        tag=draw(st.sampled_from(OrderTag)),
        created_at=draw(MOMENTS),
        tranche=draw(st.integers(1, 9)),
        tranche_count=draw(st.integers(1, 9)),
        attempt=draw(st.integers(1, 9)),
        trigger_price=draw(st.none() | AMOUNTS),
    )


@st.composite
def jobs(draw: st.DrawFn) -> Job:
    """Jobs of every kind."""
    common: dict[str, Any] = {name: draw(values) for name, values in IDS.items()}
    kind = draw(st.sampled_from(JobKind))
    if kind is JobKind.ORDER:
        order = draw(orders())
        about: dict[str, Any] = {
            "client_order_id": order.client_order_id,
            "ticker": order.ticker,
            "order": order,
            "good_until": draw(st.none() | MOMENTS),
            "created_at": order.created_at,
        }
    elif kind in (JobKind.CANCEL, JobKind.QUERY_ORDER):
        about = {"client_order_id": draw(NAMES)}
    elif kind is JobKind.QUERY_POSITIONS:
        about = {}
    else:
        ratio = Fraction(draw(st.integers(1, 100)), draw(st.integers(1, 100))) if kind is JobKind.SPLIT else None
        about = {"ticker": draw(NAMES), "ratio": ratio}
    return Job(kind=kind, **({"created_at": draw(MOMENTS)} | common | about))


@st.composite
def reports(draw: st.DrawFn, client_order_id: str | None = None) -> OrderReport:
    """Reports, with shares and without."""
    quantity = draw(st.integers(0, 10**6))
    return OrderReport(
        client_order_id=client_order_id or draw(NAMES),
        number=draw(st.integers(1, 10**6)),
        state=draw(st.sampled_from(OrderState)),
        at=draw(MOMENTS),
        filled=quantity + draw(st.integers(0, 10**6)),
        quantity=quantity,
        price=draw(AMOUNTS) if quantity else 0,
        commission=draw(AMOUNTS),
        reason=draw(st.just("") | NAMES),
    )


@st.composite
def histories(draw: st.DrawFn) -> OrderHistory:
    """What was said of one order, and of one that nobody knows."""
    of = draw(NAMES)
    said = draw(st.none() | st.lists(reports(client_order_id=of), max_size=4).map(tuple))
    return OrderHistory(job_id=draw(NAMES), client_order_id=of, reports=said, epoch=draw(COUNTS))


HEAD = {"job_id": st.just("") | NAMES, "epoch": COUNTS}
ANSWERS: st.SearchStrategy[Answer] = st.one_of(
    st.builds(OrderTold, report=reports(), **HEAD),
    histories(),
    st.builds(PositionsTold, positions=st.dictionaries(NAMES, st.integers(1, 10**9)), **HEAD),
    st.builds(TickerTold, report=st.builds(TickerReport, ticker=NAMES, at=MOMENTS, is_halted=st.booleans()), **HEAD),
    st.builds(JobDone, **HEAD),
    st.builds(JobRefused, reason=st.sampled_from(RefusalReason), words=st.just("") | NAMES, **HEAD),
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(job=jobs())
def test_a_job_is_read_as_it_was_written_and_says_its_id_whatever_else_is_wrong(job: Job) -> None:
    text = wire.job_text(job)
    assert wire.job_from(text) == job
    assert wire.job_id_in(text) == job.job_id
    assert wire.job_text(wire.job_from(text)) == text


@given(answer=ANSWERS)
def test_an_answer_is_read_as_it_was_written(answer: Answer) -> None:
    assert wire.answer_from(wire.answer_text(answer)) == answer


@given(job=jobs(), answer=ANSWERS, data=st.data())
def test_with_any_field_replaced_or_gone_it_is_read_or_refused_in_words(
    job: Job, answer: Answer, data: st.DataObject
) -> None:
    for text, read in ((wire.job_text(job), wire.job_from), (wire.answer_text(answer), wire.answer_from)):
        said = json.loads(text)
        name = data.draw(st.sampled_from(sorted(said)))
        if data.draw(st.booleans()):
            del said[name]
        else:
            said[name] = data.draw(JUNK)
        try:
            read(json.dumps(said))
        except BadInput as error:
            assert error.message  # noqa: PT017 - either is right


@given(text=st.text(max_size=40) | JUNK.map(json.dumps))
def test_whatever_else_comes_is_refused_in_words(text: str) -> None:
    for read in (wire.job_from, wire.answer_from):
        with pytest.raises(BadInput):
            read(text)
    assert isinstance(wire.job_id_in(text), str)


@given(job=jobs(), name=NAMES, value=JUNK)
def test_names_that_nobody_knows_are_passed_over(job: Job, name: str, value: object) -> None:
    said = {f"x_{name}": value} | json.loads(wire.job_text(job))
    assert wire.job_from(json.dumps(said)) == job


def test_another_version_of_the_schema_is_told_apart() -> None:
    with pytest.raises(wire.WrongSchema, match="schema_version is 2, and 1 is read here"):
        wire.job_from('{"schema_version": 2}')
    with pytest.raises(wire.WrongSchema):
        wire.job_from('{"schema_version": true}')


def test_what_lacks_and_what_is_wrong_is_named() -> None:
    job = Job(
        job_id="1", kind=JobKind.CANCEL, account_id="a", mode=AccountMode.PAPER, epoch=1,
        created_at=datetime(2026, 1, 5, 14, 45, tzinfo=UTC), client_order_id="d1-1-1",
    )  # fmt: skip
    said = json.loads(wire.job_text(job))
    with pytest.raises(BadInput, match="client_order_id lacks: it is a text"):
        wire.job_from(json.dumps({name: value for name, value in said.items() if name != "client_order_id"}))
    with pytest.raises(BadInput, match='mode is "real": it is one of paper, live'):
        wire.job_from(json.dumps(said | {"mode": "real"}))
    with pytest.raises(BadInput, match=r"created_at is .*: it is a moment with its offset"):
        wire.job_from(json.dumps(said | {"created_at": "2026-01-05T14:45:00"}))
    with pytest.raises(BadInput, match="longer than"):
        wire.job_from(" " * (wire.MOST_LETTERS + 1))


def test_an_id_that_no_book_can_keep_is_refused_and_in_words_for_a_person_it_is_left_out() -> None:
    head = '{"schema_version":1,"job_id":"1","epoch":1,"kind":'
    report = '"order","client_order_id":"d1%s","seq":1,"state":"rejected","at":"2026-01-05T14:45:00Z"'
    report += ',"filled":0,"quantity":0,"reason":"no%s"}'
    for letter in ("\\ud800", "\\udfff", "\\u0000"):
        with pytest.raises(BadInput, match=r"client_order_id is .*: it is a text of 1 to 1000 letters"):
            wire.answer_from(head + report % (letter, ""))
        told = wire.answer_from(head + report % ("", letter))
        assert isinstance(told, OrderTold)
        assert told.report.reason == "no?"
        with pytest.raises(BadInput, match=r"positions is .*: it is an object"):
            wire.answer_from(f'{head}"positions","positions":{{"A{letter}":1}}}}')
    paired = wire.answer_from(head + report % ("\\ud83d\\ude00", ""))
    assert isinstance(paired, OrderTold)
    assert paired.report.client_order_id == "d1😀"
