"""Columns: how is one field of many values got at?"""

from collections.abc import Sequence
from operator import attrgetter

from engine.model.decision_log import DecisionLog

Columns = dict[str, Sequence[object]]
"""The values of a table's columns, by name, all of one length."""


def field_of(values: Sequence[object], path: str) -> list[object]:
    """Return the field `path` (with dots into nested values) of each of `values`.

    A decision log gives its columns without making a decision of each.
    """
    return values.column(path) if isinstance(values, DecisionLog) else list(map(attrgetter(path), values))
