"""How values lie in columns."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, create_engine
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import BadInput, BrokenInvariant
from storage.bulk import plain
from storage.decision_tables import TRADING_DECISIONS
from storage.table_kinds import METADATA
from storage.tables import PORTFOLIO_SNAPSHOTS
from storage.types import MoneyType, UtcDateTime, from_json, to_json
from tests.support import strategies

SQLITE = sqlite.dialect()
POSTGRES = postgresql.dialect()  # type: ignore[no-untyped-call]
NAIVE = datetime(2024, 3, 1, 14, 30)  # noqa: DTZ001

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | strategies.numbers | strategies.texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strategies.texts, inner, max_size=3),
    max_leaves=8,
)


@given(value=JSON_VALUES)
def test_p29_json_is_valid_and_comes_back_as_it_was_infinity_included(value: object) -> None:
    text = to_json(value)  # type: ignore[arg-type]
    json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert from_json(text) == value


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
@given(amount=strategies.money)
def test_p29_money_comes_back_to_the_last_unit(dialect: Dialect, amount: int) -> None:
    bind, result = MoneyType().bind_processor(dialect), MoneyType().result_processor(dialect, None)
    stored = bind(amount) if bind else amount
    assert (result(stored) if result else stored) == amount


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
@given(at=strategies.moments)
def test_p29_a_moment_comes_back_aware_and_the_same(dialect: Dialect, at: datetime) -> None:
    bind, result = UtcDateTime().bind_processor(dialect), UtcDateTime().result_processor(dialect, None)
    assert bind
    assert result
    back = result(bind(at))
    assert back == at
    assert back.tzinfo is UTC


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRES])
def test_a_naive_moment_is_refused(dialect: Dialect) -> None:
    bind = UtcDateTime().bind_processor(dialect)
    assert bind
    with pytest.raises(BadInput, match="no time zone"):
        bind(NAIVE)


def test_a_naive_moment_is_refused_among_many() -> None:
    with pytest.raises(BadInput, match="no time zone"):
        plain(TRADING_DECISIONS.c.created_at, [NAIVE], SQLITE)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("price", 1.5, "price cannot hold float"),
        ("computed_share_quantity", 2.0, "computed_share_quantity cannot hold float"),
        ("ticker", None, "ticker cannot hold nothing"),
        ("cause", b"bytes", "cause cannot hold bytes"),
    ],
)
def test_a_value_that_a_column_cannot_hold_is_refused_by_the_columns_name(
    column: str, value: object, words: str
) -> None:
    with pytest.raises(BrokenInvariant, match=words):
        plain(TRADING_DECISIONS.c[column], [value], SQLITE)


def test_numbers_of_numpy_are_stored_as_numbers() -> None:
    stored = plain(TRADING_DECISIONS.c.price, [np.int64(17_123_000), None], SQLITE)
    assert stored == [17_123_000, None]
    assert type(stored[0]) is int


def test_money_sums_and_sorts_as_numbers_in_sql() -> None:
    engine = create_engine("sqlite://")
    METADATA.create_all(engine, tables=[PORTFOLIO_SNAPSHOTS])
    with engine.connect() as connection:
        kind = connection.exec_driver_sql(
            "SELECT type FROM pragma_table_info('portfolio_snapshots') WHERE name = 'cash'"
        ).scalar()
    engine.dispose()
    assert kind == "INTEGER"
