"""Previews: what was understood of a file, in words that let its owner see at a glance what is wrong?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from engine.model.imports import ImportSource
from engine.model.runs import RunInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What was understood of one file. `columns` maps our names to theirs; `notes` are what had to be decided."""

    kind: str
    path: str
    digest: str
    format: str
    rows: int
    layout: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    tickers: int = 0
    first: date | None = None
    last: date | None = None
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> ImportSource:
        """The file as a store keeps it."""
        return ImportSource(path=self.path, digest=self.digest, rows=self.rows)

    @property
    def run_input(self) -> RunInput:
        """The file as a run's record keeps it."""
        return RunInput(kind=self.kind, path=self.path, digest=self.digest, rows=self.rows)

    def lines(self) -> list[str]:
        """Return the preview as lines for people."""
        extent = f", {self.first} to {self.last}" if self.first else ""
        names = f", {self.tickers:,} ticker{'' if self.tickers == 1 else 's'}" if self.tickers else ""
        rows = f"{self.rows:,} row{'' if self.rows == 1 else 's'}"
        out = [f"{self.path}: {self.kind}, {rows}{names}{extent} ({self.format})"]
        if self.layout:
            out.append(f"  layout: {self.layout}")
        if self.columns:
            pairs = (o if o == t else f"{o} ← {t}" for o, t in self.columns.items())
            out.append(f"  columns: {', '.join(pairs)}")
        return out + [f"  {note}" for note in self.notes]
