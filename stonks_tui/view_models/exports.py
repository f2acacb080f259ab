"""Exports: what does a list look like as a CSV file?"""

import csv
import io

from stonks_tui.view_models.tables import TableView
from stonks_tui.view_models.text import plain

_SIGNS = str.maketrans("", "", "▲▼↑↓≡")


def csv_text(view: TableView) -> str:
    """Return all columns of `view` as CSV, the keys of the columns on top, without arrows and thousands' commas."""
    return csv_rows(view, with_heading=True)


def csv_rows(view: TableView, *, with_heading: bool) -> str:
    """Return the rows of `view` in the same way, the keys on top only `with_heading`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if with_heading:
        writer.writerow([column.key for column in view.columns])
    for row in view.rows:
        writer.writerow([_cell(plain(cell)) for cell in row.cells])
    return out.getvalue()


def _cell(text: str) -> str:
    bare = text.translate(_SIGNS).strip()
    number = bare.replace(",", "")
    return number if number.removeprefix("-").removeprefix("+").replace(".", "", 1).isdigit() else bare
