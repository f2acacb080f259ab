"""Types: how does each kind of value lie in a column, on SQLite and on PostgreSQL?

The conversions are all here, and are the same for a single row and for a quarter of a million (`storage/bulk.py`).
"""

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Integer, Numeric, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from storage.moments import from_micros, to_micros

Convert = Callable[[Any], Any] | None
JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]


class _Converted(TypeDecorator[Any]):
    """A type that says how it lies on each database, and converts whatever is not None; None: nothing to convert."""

    def stored_as(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String())

    def to_column(self, dialect: Dialect) -> Convert:
        del dialect
        return None

    def from_column(self, dialect: Dialect) -> Convert:
        del dialect
        return None

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return self.stored_as(dialect)

    def bind_processor(self, dialect: Dialect) -> Convert:
        return _unless_none(self.to_column(dialect))

    def result_processor(self, dialect: Dialect, coltype: object) -> Convert:
        del coltype
        return _unless_none(self.from_column(dialect))


class MoneyType(_Converted):
    """Ten-thousandths of a dollar: INTEGER on SQLite, NUMERIC(20, 4) dollars on PostgreSQL. Both sum and sort right."""

    impl = BigInteger
    cache_ok = True

    def stored_as(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if _is_sqlite(dialect) else Numeric(20, 4))

    def to_column(self, dialect: Dialect) -> Convert:
        return None if _is_sqlite(dialect) else lambda units: Decimal(units).scaleb(-4)

    def from_column(self, dialect: Dialect) -> Convert:
        return None if _is_sqlite(dialect) else lambda dollars: int(dollars.scaleb(4))


class UtcDateTime(_Converted):
    """An aware moment: microseconds since 1970 on SQLite, timestamptz on PostgreSQL. Naive ones raise BadInput."""

    impl = DateTime
    cache_ok = True

    def stored_as(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if _is_sqlite(dialect) else DateTime(timezone=True))

    def to_column(self, dialect: Dialect) -> Convert:
        return to_micros if _is_sqlite(dialect) else lambda at: from_micros(to_micros(at))

    def from_column(self, dialect: Dialect) -> Convert:
        return from_micros if _is_sqlite(dialect) else _in_utc


class JsonType(_Converted):
    """JSON: text on SQLite, JSONB on PostgreSQL; a number that it cannot say or keep is `{"$float": "inf"}`."""

    impl = Text
    cache_ok = True

    def stored_as(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if _is_sqlite(dialect) else JSONB(none_as_null=True))

    def to_column(self, dialect: Dialect) -> Convert:
        if _is_sqlite(dialect):
            return to_json
        write = self.stored_as(dialect).bind_processor(dialect)
        return lambda value: write(_tagged(value, _jsonb_keeps)) if write else _tagged(value, _jsonb_keeps)

    def from_column(self, dialect: Dialect) -> Convert:
        if _is_sqlite(dialect):
            return from_json
        read = self.stored_as(dialect).result_processor(dialect, None)
        return lambda value: _untagged(read(value) if read else value)


class RatioType(_Converted):
    """An exact ratio as text: `2`, `3/2`."""

    impl = String
    cache_ok = True

    def to_column(self, dialect: Dialect) -> Convert:
        del dialect
        return str

    def from_column(self, dialect: Dialect) -> Convert:
        del dialect
        return Fraction


class WordType(_Converted):
    """A member of an enumeration as its word."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def to_column(self, dialect: Dialect) -> Convert:
        del dialect
        return attrgetter("_value_")  # `value` is a property, and slow

    def from_column(self, dialect: Dialect) -> Convert:
        del dialect
        return {word.value: word for word in self.words}.__getitem__


_ENCODER = json.JSONEncoder(
    allow_nan=False,
    ensure_ascii=False,
    separators=(",", ":"),
    default=lambda scalar: scalar.item(),  # numpy's whole numbers and truths
)


def converter(column: Column[Any], dialect: Dialect, *, may_be_none: bool) -> Convert:
    """Return what makes values of `column` ready for the driver, or None when they are as they are."""
    kind = column.type
    if isinstance(kind, _Converted) and not may_be_none:
        convert = kind.to_column(dialect)
        return _Remembering(convert).__getitem__ if convert and isinstance(kind, UtcDateTime) else convert
    return kind.dialect_impl(dialect).bind_processor(dialect)


class _Remembering(dict[Any, Any]):
    """A conversion that is done once for each value: many decisions fall into one moment."""

    def __init__(self, convert: Callable[[Any], Any]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, value: object) -> object:
        converted = self[value] = self._convert(value)
        return converted


def to_json(value: JsonValue) -> str:
    """Return `value` as compact, valid JSON."""
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(_tagged(value))


def from_json(text: str) -> JsonValue:
    """Return what `to_json` was given."""
    value: JsonValue = json.loads(text)
    return _untagged(value) if '"$float"' in text else value


def _jsonb_keeps(number: float) -> bool:
    """Does JSONB give `number` back? It has decimals: of 1e16 it makes a whole number, and knows no -0.0."""
    text = repr(float(number))
    return "e" not in text and text != "-0.0" and math.isfinite(number)


def _tagged(value: JsonValue, keeps: Callable[[float], bool] = math.isfinite) -> JsonValue:
    match value:
        case float() if not keeps(value):
            return {"$float": repr(float(value))}
        case dict():
            return {key: _tagged(item, keeps) for key, item in value.items()}
        case list() | tuple():
            return [_tagged(item, keeps) for item in value]
        case _:
            return value


def _untagged(value: JsonValue) -> JsonValue:
    match value:
        case {"$float": str(number), **rest} if not rest:
            return float(number)
        case dict():
            return {key: _untagged(item) for key, item in value.items()}
        case list():
            return [_untagged(item) for item in value]
        case _:
            return value


class utc_now(FunctionElement[Any]):  # noqa: N801
    """The database's own clock, to the millisecond."""

    type = UtcDateTime()
    inherit_cache = True


@compiles(utc_now)
def _now(element: utc_now, compiler: SQLCompiler, **more: object) -> str:
    del element, compiler, more
    return "CURRENT_TIMESTAMP"


@compiles(utc_now, "postgresql")
def _now_on_postgresql(element: utc_now, compiler: SQLCompiler, **more: object) -> str:
    del element, compiler, more
    return "clock_timestamp()"  # now() is when the transaction began


@compiles(utc_now, "sqlite")
def _now_on_sqlite(element: utc_now, compiler: SQLCompiler, **more: object) -> str:
    del element, compiler, more
    return "CAST(round((julianday('now') - 2440587.5) * 86400000) AS INTEGER) * 1000"


def _is_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _unless_none(convert: Convert) -> Convert:
    return None if convert is None else lambda value: None if value is None else convert(value)
