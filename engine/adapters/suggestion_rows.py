"""Suggestion rows: what do files of recommendations and of signals have in common? Ids, refusals, previews.

Bad rows are refused one by one and the others go on (spec section 3).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from itertools import chain, compress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.adapters import column_names
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawFile, RawTable, names_of, opened, read_table
from engine.adapters.input_options import InputOptions
from engine.adapters.previews import Preview

NUL = "there is a NUL character in it"
NO_ZONE = "has no time zone (--timezone says which is meant)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One file's rows as `columns`. `why` says for each row which of `reasons` refuses it (0: none).

    `acting` marks the rows that say something we act on; `ignored` counts the others by what they say.
    """

    table: RawTable
    columns: Mapping[str, list[Any]]
    reasons: tuple[str, ...]
    why: npt.NDArray[np.int8]
    acting: npt.NDArray[np.bool_]
    ignored: Counter[str]
    preview: Preview

    @property
    def kept(self) -> npt.NDArray[np.bool_]:
        """The rows that can be used."""
        kept: npt.NDArray[np.bool_] = (self.why == 0) & self.acting
        return kept


def table_of(
    source: Path | RawFile,
    aliases: column_names.Aliases,
    needed: Sequence[str],
    texts: Iterable[str],
    options: InputOptions,
) -> tuple[RawTable, dict[str, int]]:
    """Return the table of a file and where our columns are in it. Raises BadInput when one of `needed` is missing."""
    file = opened(source)
    names = names_of(file)
    found = column_names.assign(names, aliases, chosen=options.columns, where=file.name)
    column_names.require(found, needed, names, where=file.name)
    wanted = set(texts)
    return read_table(file, texts=frozenset(names[i] for ours, i in found.items() if ours in wanted)), found


def refusals(conditions: Mapping[str, npt.NDArray[np.bool_]]) -> tuple[tuple[str, ...], npt.NDArray[np.int8]]:
    """Return the reasons, and for each row the number of the first whose condition holds; the last is a repeated id."""
    reasons = ("", *conditions, "the id was there before")
    why = np.select(list(conditions.values()), list(range(1, len(conditions) + 1)), 0).astype(np.int8)
    return reasons, why


def with_nul(*columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which rows have a NUL character in one of these texts: no database keeps it."""
    found = np.zeros(len(columns[0]), np.bool_)
    for column in columns:
        if "\0" in "".join(column):
            found |= np.array(["\0" in text for text in column], np.bool_)
    return found


def kept_columns(parts: Sequence[Part], names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the columns of all parts, the rows that are of no use left out."""
    masks = [part.kept.tolist() for part in parts]
    return {
        name: list(
            chain.from_iterable(compress(part.columns[name], mask) for part, mask in zip(parts, masks, strict=True))
        )
        for name in names
    }


def preview(
    kind: str,
    table: RawTable,
    found: Mapping[str, int],
    tickers: list[str],
    at: npt.NDArray[np.int64],
    notes: tuple[str, ...],
) -> Preview:
    """Return what was understood of a file."""
    return Preview(
        kind=kind,
        path=str(table.file.path),
        digest=table.file.digest,
        format=table.file.described,
        rows=table.rows + len(table.malformed),
        columns={ours: table.names[i] for ours, i in found.items()},
        tickers=len(set(tickers)),
        first=_date(int(at.min())) if len(at) else None,
        last=_date(int(at.max())) if len(at) else None,
        notes=tuple(note for note in notes if note),
    )


def _date(micros: int) -> date:
    return datetime.fromtimestamp(micros // 1_000_000, UTC).date()


def most_common(said: Counter[str]) -> str:
    """Return the words that were said most, with their counts."""
    return ", ".join(f"{word or '(empty)'} {count:,}" for word, count in said.most_common(6))


def derived_id(*parts: object) -> str:
    """Return an id that is the same whenever the same row is read again."""
    return blake2b("|".join(map(str, parts)).encode(), digest_size=10).hexdigest()


def mark_duplicates(parts: Sequence[Part], id_column: str) -> None:
    """Refuse every row whose id a good row before it already has, over all files."""
    seen: set[str] = set()
    for part in parts:
        ids = part.columns[id_column]
        good = np.flatnonzero(part.kept)
        fresh = len(set(ids)) == len(ids) and seen.isdisjoint(ids)
        if fresh:
            seen.update(ids[i] for i in good.tolist())
            continue
        for i in good.tolist():
            if ids[i] in seen:
                part.why[i] = len(part.reasons) - 1
            seen.add(ids[i])


def refused(part: Part) -> list[RefusedRow]:
    """Return the rows that were refused, with the reason and what they say."""
    table, name = part.table, part.table.file.name
    bad = [
        RefusedRow(path=name, row_number=table.row_number(i), reason=f"{part.reasons[part.why[i]]} ({_shown(part, i)})")
        for i in np.flatnonzero((part.why != 0) & part.acting).tolist()
    ]
    malformed = [RefusedRow(path=name, row_number=line, reason=f"the line {why}") for line, why in table.malformed]
    return sorted(bad + malformed, key=lambda r: r.row_number)


def _shown(part: Part, i: int) -> str:
    cells = zip(part.table.names, part.table.columns, strict=True)
    theirs = set(part.preview.columns.values())
    said = ", ".join(f"{name} {column[i].as_py()!s:.36}" for name, column in cells if name in theirs and name)
    return visible(said)[:160]


def visible(text: str) -> str:
    """Return `text` as it may be kept and shown: a NUL as its symbol."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}")
