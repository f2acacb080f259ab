"""Row map: how do values of one kind lie in the columns of a table?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from storage.columns import Columns, field_of

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMap(Generic[_Value]):
    """`fields` names for each column of `table` the field that it keeps, with dots into nested values.

    `nested` says what those nested values are, innermost first. `packed` and `unpacked` convert a column on its way in
    and out, beyond what its type does. `derived` columns are computed from the value for those who query; they are
    never read back.
    """

    table: Table
    kind: Callable[..., _Value]
    fields: Mapping[str, str]
    nested: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    packed: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    unpacked: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    derived: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)

    def columns_of(self, values: Sequence[_Value]) -> Columns:
        """Return the columns that keep `values`, in order."""
        columns: Columns = {name: field_of(values, path) for name, path in self.fields.items()}
        for name, pack in self.packed.items():
            columns[name] = list(map(pack, columns[name]))
        for name, derive in self.derived.items():
            columns[name] = list(map(derive, values))
        return columns

    def value_of(self, row: Mapping[str, Any], **more: object) -> _Value:
        """Return the value that `row` keeps; `more` are fields that lie elsewhere."""
        found: dict[str, Any] = {}
        for name, path in self.fields.items():
            item = row[name]
            found[path] = self.unpacked[name](item) if name in self.unpacked else item
        for prefix, kind in self.nested.items():
            start = f"{prefix}."
            inner = {path.removeprefix(start): found.pop(path) for path in list(found) if path.startswith(start)}
            found[prefix] = kind(**inner)
        return self.kind(**found, **more)

    def values_of(self, rows: Sequence[Any]) -> tuple[_Value, ...]:
        """Return what `rows` keep, of all columns of the table in their order; it is quick where there are many."""
        if self.nested or self.unpacked:
            return tuple(self.value_of(row._mapping) for row in rows)
        columns = [column.name for column in self.table.columns]
        wanted, names = itemgetter(*map(columns.index, self.fields)), tuple(self.fields.values())
        return tuple(self.kind(**dict(zip(names, wanted(row), strict=True))) for row in rows)


def numbered(columns: Columns, *, first: int = 1, **same: object) -> Columns:
    """Return `columns` with `seq` counted from `first`, and with the columns `same`, alike in every row."""
    count = len(next(iter(columns.values())))
    return {
        **{name: [value] * count for name, value in same.items()},
        "seq": range(first, first + count),
        **columns,
    }
