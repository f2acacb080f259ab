"""Configuration report: every setting with its value, default and range, what it does and who said so."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import groupby
from typing import Any

from engine.policy_mapping import Value
from engine.settings import masked
from stonks_tui.config_reading import Setting
from stonks_tui.reports.numbers import fitting, unit_words

_HEADING = ("", "setting", "value", "default", "unit", "range", "said by", "what it does")


def lines(found: Sequence[Setting], *, width: int, reveal: bool = False) -> Iterator[str]:
    """Yield a heading for each section and a line for each setting, with a star where the value is not the default."""
    if not found:
        yield "every setting is at its default"
        return
    rows = [_HEADING, *(_row(setting, reveal) for setting in found)]
    heading, *told = fitting(rows, width=width, droppable=(7, 5, 4, 3, 6), right=frozenset({2, 3}), indent="")
    yield heading
    for section, these in groupby(zip(found, told, strict=True), key=lambda pair: pair[0].section):
        yield ""
        yield section
        for _, line in these:
            yield line


def as_plain(setting: Setting, *, reveal: bool = False) -> dict[str, Any]:
    """Return it for JSON; an address only in part unless it is to be revealed."""
    plain = {f.name: getattr(setting, f.name) for f in fields(setting)}
    return plain | {"value": _masked(setting, reveal)}


def written(setting: Setting, *, reveal: bool = False) -> str:
    """Return its value as `NAME=VALUE` takes it; an address only in part unless it is to be revealed."""
    return _written(_masked(setting, reveal))


def _masked(setting: Setting, reveal: bool) -> Value:
    return masked(str(setting.value)) if setting.is_private and not reveal else setting.value


def _row(s: Setting, reveal: bool) -> tuple[str, ...]:
    star = "" if s.value == s.default else "*"
    unit = unit_words(s.value, s.unit)
    return (star, s.name, written(s, reveal=reveal), _written(s.default), unit, s.limits, s.origin, s.about)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)
