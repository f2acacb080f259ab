"""Price layouts: long, one file a ticker, or wide: which of them is this file?"""

from pathlib import Path

from engine.adapters import column_names
from engine.adapters.file_readers import names_of, open_file, read_table
from engine.adapters.input_options import InputOptions
from engine.adapters.long_prices import LongPrices, from_long
from engine.adapters.wide_prices import from_wide, two_header_rows


def read_prices(path: Path, options: InputOptions) -> LongPrices:
    """Return the prices of one file. Raises BadInput when they cannot be understood."""
    file = open_file(path)
    if file.format == "csv" and (wide := two_header_rows(file)) is not None:
        names, lines, first = wide
        return from_wide(read_table(file, header=names, header_lines=lines), first, options, "wide, two header rows")
    names_in_file = names_of(file)
    found = column_names.assign(names_in_file, column_names.PRICES, chosen=options.columns, where=file.name)
    table = read_table(file, texts=frozenset({names_in_file[found["ticker"]]} if "ticker" in found else ()))
    if found.keys() & {"ticker", "open", "high", "low", "close", "adj_close"}:
        return from_long(table, found, options)
    return from_wide(table, "", options, "wide, a column for each ticker and field")
