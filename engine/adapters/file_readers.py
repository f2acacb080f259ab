"""File readers: what table does this file hold, whatever its format, compression, encoding and separator?"""

import bz2
import gzip
import hashlib
import io
import lzma
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.errors import BadInput

_EMPTY_TEXTS = (
    "",
    "-",
    "--",
    "—",
    "NaN",
    "nan",
    "NAN",
    "-NaN",
    "-nan",
    "NaT",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "#NA",
    "<NA>",
)
_NULL_TEXTS = ("NULL", "Null", "null", "None", "none", "nil")
NULL_TEXTS: tuple[str, ...] = _EMPTY_TEXTS + _NULL_TEXTS
"""What files write where they have no value."""

_MAGIC = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_KINDS = {b"PK\x03\x04": "a ZIP archive or an Excel workbook", b"%PDF": "a PDF", b"SQLite format 3": "a database"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawFile:
    """A file's bytes, unpacked. `format` is csv or parquet, `packing` how it was compressed, if at all."""

    path: Path
    data: bytes
    digest: str
    format: str
    packing: str = ""

    @property
    def name(self) -> str:
        """The file's name, for sentences."""
        return str(self.path)

    @property
    def described(self) -> str:
        """Format and packing in a few words."""
        return f"{self.format}, {self.packing}" if self.packing else self.format


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a CSV file is written."""

    delimiter: str
    decimal_comma: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTable:
    """Columns as the file has them (Arrow arrays) under their names; `file` has no bytes any more.

    `row_numbers` are lines of a CSV file, the header being line 1, or rows of a Parquet file from 1; None when row i
    is simply `first_row + i`. `malformed` are the lines that have not as many fields as the header.
    """

    file: RawFile
    names: tuple[str, ...]
    columns: tuple[Any, ...]
    rows: int
    decimal_comma: bool = False
    first_row: int = 1
    malformed: tuple[tuple[int, str], ...] = ()

    def row_number(self, i: int) -> int:
        """Return where the file has row `i` of the table, counting the malformed lines before it."""
        number = self.first_row + i
        for line, _ in self.malformed:
            if line > number:
                break
            number += 1
        return number


def open_file(path: Path) -> RawFile:
    """Return the unpacked bytes of `path` and what they are. Raises BadInput for what is no table at all."""
    packed = _read(path)
    data, packing = _unpack(packed, path)
    digest = hashlib.sha256(packed).hexdigest()
    if data[:4] == b"PAR1":
        return RawFile(path=path, data=data, digest=digest, format="parquet", packing=packing)
    if not data.strip():
        raise BadInput(f"{path} is empty", hint="was it downloaded to the end?")
    return RawFile(path=path, data=_as_utf8(data, path), digest=digest, format="csv", packing=packing)


def opened(source: Path | RawFile) -> RawFile:
    """Return a file as it is, or `open_file` of a path."""
    return source if isinstance(source, RawFile) else open_file(source)


def is_text(begin: bytes) -> bool:
    """Does a file that begins so grow by lines? Packed ones, Parquet and UTF-16 have to be read as a whole."""
    return not begin.startswith((*_MAGIC, b"PAR1", b"\xff\xfe", b"\xfe\xff"))


def lines_of(path: Path, data: bytes) -> RawFile:
    """Return some lines of the CSV file `path`, the header first, as a file of their own."""
    header = data.find(b"\n") + 1  # a row with binary data in it is refused alone
    return RawFile(path=path, data=_as_utf8(data, path, text_bytes=header), digest="", format="csv")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"there is no file {path}") from None
    except IsADirectoryError:
        raise BadInput(
            f"{path} is a directory", hint="name the files in it, for example with DIRECTORY/*.csv"
        ) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}") from error


def _unpack(packed: bytes, path: Path) -> tuple[bytes, str]:
    packing = next((name for magic, name in _MAGIC.items() if packed.startswith(magic)), "")
    try:
        if packing == "gzip":
            return gzip.decompress(packed), packing
        if packing == "bzip2":
            return bz2.decompress(packed), packing
        if packing == "xz":
            return lzma.decompress(packed), packing
        if packing == "zstd":
            import pyarrow as pa

            with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
                return stream.read(), packing
    except (OSError, EOFError, lzma.LZMAError, ValueError) as error:
        raise BadInput(f"{path} is damaged: its {packing} data ends or breaks off", hint=str(error)) from error
    return packed, ""


def _as_utf8(data: bytes, path: Path, *, text_bytes: int = 65536) -> bytes:
    """Return text as UTF-8 without a byte order mark, whatever encoding a spreadsheet saved it in.

    Raises BadInput when the first `text_bytes` are none.
    """
    for magic, what in _KINDS.items():
        if data.startswith(magic):
            raise BadInput(f"{path} is {what}, not a CSV or Parquet file", hint="export it as CSV")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16").encode()
        except UnicodeDecodeError as error:
            raise BadInput(f"{path} begins like UTF-16 text but is not: {error.reason}") from error
    if b"\x00" in data[:text_bytes]:
        raise BadInput(f"{path} is neither CSV nor Parquet: it holds binary data", hint="is it the right file?")
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace").encode()
    return data


def head(file: RawFile, lines: int = 20) -> list[str]:
    """Return the first lines of a CSV file that are not blank."""
    text = file.data[:1_000_000].decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()][:lines]


def sniff(lines: Sequence[str]) -> Dialect:
    """Return how the CSV `lines` are written: separator by the header, decimal comma by the numbers."""
    delimiter = max(",;\t|", key=lines[0].count) if lines else ","
    body = ";".join(lines[1:])
    comma = re.search(r"(^|;|\t)-?\d+(\.\d{3})*,\d+(;|\t|$)", body)
    point = re.search(r"(^|;|\t)-?\d+\.(\d{1,2}|\d{4,})(;|\t|$)", body)  # three places may be a group of thousands
    return Dialect(delimiter=delimiter, decimal_comma=delimiter != "," and bool(comma) and not point)


def split_line(line: str, dialect: Dialect) -> list[str]:
    """Return the fields of one CSV line, without their quotes."""
    import csv

    return [cell.strip() for cell in next(csv.reader([line], delimiter=dialect.delimiter), [])]


def names_of(file: RawFile) -> tuple[str, ...]:
    """Return the names of the columns, from a CSV file's first line or a Parquet file's schema."""
    if file.format == "csv":
        lines = head(file)
        return tuple(split_line(lines[0], sniff(lines)))
    import pyarrow as pa
    from pyarrow import parquet

    try:
        return tuple(parquet.read_schema(pa.BufferReader(file.data)).names)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{file.name} is a damaged Parquet file: {error}") from error


def read_table(
    file: RawFile, *, texts: frozenset[str] = frozenset(), header: Sequence[str] | None = None, header_lines: int = 1
) -> RawTable:
    """Return the table of `file`. Columns named in `texts` stay text, so that a ticker NA or TRUE remains one.

    `header` gives the names when the file's own take several lines (`header_lines`), as wide tables do.
    """
    if file.format == "parquet":
        return _read_parquet(file)
    lines = head(file)
    dialect = sniff(lines)
    names = list(header) if header is not None else split_line(lines[0], dialect)
    return _read_csv(file, names, dialect, texts, header_lines)


def _read_csv(file: RawFile, names: list[str], dialect: Dialect, texts: frozenset[str], header_lines: int) -> RawTable:
    import pyarrow as pa
    from pyarrow import csv

    malformed: list[tuple[int, str]] = []

    def note(row: Any) -> str:
        malformed.append((row.number or 0, f"has {row.actual_columns} fields instead of {row.expected_columns}"))
        return "skip"

    unique = [f"{i}" for i in range(len(names))]  # names may repeat: positions do not

    def read(*, threads: bool) -> Any:
        malformed.clear()
        return csv.read_csv(
            io.BytesIO(file.data),
            read_options=csv.ReadOptions(column_names=unique, skip_rows=header_lines, use_threads=threads),
            parse_options=csv.ParseOptions(
                delimiter=dialect.delimiter, invalid_row_handler=note, newlines_in_values=b'"' in file.data[:100_000]
            ),
            convert_options=csv.ConvertOptions(
                null_values=list(NULL_TEXTS),
                decimal_point="," if dialect.decimal_comma else ".",
                column_types={u: pa.string() for u, name in zip(unique, names, strict=True) if name in texts},
            ),
        )

    try:
        table = read(threads=True)
        if malformed:  # only one thread knows the line numbers
            table = read(threads=False)
    except pa.ArrowException as error:
        if "Empty CSV file" in str(error):
            table = pa.table({u: pa.array([], pa.string()) for u in unique})
        else:
            raise BadInput(f"{file.name} cannot be read as CSV: {error}") from error
    rows = table.num_rows
    return RawTable(
        file=replace(file, data=b""),
        names=tuple(names),
        columns=_in_one_piece(table),
        rows=rows,
        decimal_comma=dialect.decimal_comma,
        first_row=header_lines + 1,
        malformed=tuple(malformed),
    )


def _read_parquet(file: RawFile) -> RawTable:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(pa.BufferReader(file.data)).read()  # read_table would import pandas
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{file.name} is a damaged Parquet file: {error}") from error
    names, rows = tuple(table.column_names), table.num_rows
    return RawTable(file=replace(file, data=b""), names=names, columns=_in_one_piece(table), rows=rows)


def _in_one_piece(table: Any) -> tuple[Any, ...]:
    """Return the columns as arrays, each taken out of the table before the next: a large one is not held twice."""
    columns = []
    for _ in range(table.num_columns):
        columns.append(table.column(0).combine_chunks())
        table = table.remove_column(0)
    return tuple(columns)
