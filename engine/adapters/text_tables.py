"""Text tables: what does each row of a file say, letter by letter, and on which line does it say so?

For files in which every row and every digit counts. Nothing is guessed and nothing left out: a number stays the text
that it is, and quotes that do not close are refused instead of swallowing the rows after them.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.adapters.file_readers import RawFile, read_table, sniff
from engine.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextTable:
    """Columns of texts, trimmed, `""` where there is nothing; `file` has no bytes any more.

    `lines` say where each row begins: lines of a CSV file, the heading's being 1, or rows of a Parquet file from 1.
    `malformed` are the lines that have not as many fields as the heading, and how many they have.
    """

    file: RawFile
    names: tuple[str, ...]
    columns: tuple[Sequence[str], ...]
    lines: Sequence[int]
    malformed: tuple[tuple[int, str], ...] = ()
    decimal_comma: bool = False

    def column(self, position: int | None) -> Sequence[str]:
        """Return the column there, or as many empty texts when it is None."""
        return [""] * len(self.lines) if position is None else self.columns[position]


def read(file: RawFile) -> TextTable:
    """Return the table of `file`. Raises BadInput when it is damaged."""
    return _from_csv(file) if file.format == "csv" else _from_parquet(file)


def _from_csv(file: RawFile) -> TextTable:
    text = file.data.decode()
    written = [line for line in text.splitlines() if line.strip()]
    dialect = sniff(written[:20])
    if dialect.delimiter != ",":  # whether commas are decimal is told from all of it
        dialect = sniff(written)
    records = _records(file, text, dialect.delimiter)
    _, names = next(records)
    rows: list[list[str]] = []
    lines: list[int] = []
    malformed: list[tuple[int, str]] = []
    for line, cells in records:
        if len(cells) == len(names):
            rows.append(cells)
            lines.append(line)
        else:
            malformed.append((line, f"has {len(cells)} fields instead of {len(names)}"))
    columns = [list(map(str.strip, column)) for column in zip(*rows, strict=True)] or [[] for _ in names]
    return TextTable(
        file=replace(file, data=b""),
        names=tuple(map(str.strip, names)),
        columns=tuple(columns),
        lines=lines,
        malformed=tuple(malformed),
        decimal_comma=dialect.decimal_comma,
    )


def _records(file: RawFile, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that are not blank, each with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    try:
        for cells in reader:
            if cells and (cells[0].strip() or any(map(str.strip, cells))):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            f"{file.name}, row {begin}: cannot be read: {error}", hint="is there a quotation mark that is never closed?"
        ) from error


def _from_parquet(file: RawFile) -> TextTable:
    table = read_table(file)
    return TextTable(
        file=table.file,
        names=table.names,
        columns=tuple([_texts(column) for column in table.columns]),
        lines=range(1, table.rows + 1),
    )


def _texts(column: Any) -> list[str]:
    """Return what the cells say; numbers as the shortest decimal that is read back as the same number."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_timestamp(kind):  # of nanoseconds pandas would be asked
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
        return [cell.isoformat() if cell else "" for cell in column.to_pylist()]
    if pa.types.is_float32(kind):
        import numpy as np

        return ["" if cell is None else str(np.float32(cell)) for cell in column.to_pylist()]
    if pa.types.is_decimal(kind):
        return ["" if cell is None else f"{cell:f}" for cell in column.to_pylist()]
    return ["" if cell is None else str(cell).strip() for cell in column.to_pylist()]
