"""Faults: what can be wrong with prices, and what is done about it unless somebody decides otherwise?"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from engine.errors import BadInput


class FaultKind(StrEnum):
    """One way in which bars are wrong or doubtful, though each cell can be read."""

    MISSING_VALUES = "missing_values"
    OPEN_OUTSIDE_RANGE = "open_outside_range"
    CLOSE_OUTSIDE_RANGE = "close_outside_range"
    BAD_PRICE = "bad_price"
    DISPLACED_BAR = "displaced_bar"
    SUSPECTED_SPLIT = "suspected_split"
    ZERO_VOLUME = "zero_volume"
    DUPLICATE = "duplicate"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    NOT_A_SESSION = "not_a_session"
    MISSING_SESSION = "missing_session"
    LATE_START = "late_start"
    EARLY_END = "early_end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """What a kind of fault means, and what may be done about it; the first action is the default."""

    meaning: str
    actions: tuple[str, ...]

    @property
    def default(self) -> str:
        """The action that is taken when nobody decides."""
        return self.actions[0]


FAULT_KINDS: dict[FaultKind, Treatment] = {
    FaultKind.MISSING_VALUES: Treatment(
        meaning="a row without open, high, low or close (fill: from the close)", actions=("drop", "fill", "refuse")
    ),
    FaultKind.OPEN_OUTSIDE_RANGE: Treatment(
        meaning="an open above the high or below the low (repair: widen the range up to 0.5 %, else drop the bar)",
        actions=("repair", "widen", "drop", "refuse"),
    ),
    FaultKind.CLOSE_OUTSIDE_RANGE: Treatment(
        meaning="a close above the high or below the low (repair: widen the range up to 0.5 %, else drop the bar)",
        actions=("repair", "widen", "drop", "refuse"),
    ),
    FaultKind.BAD_PRICE: Treatment(
        meaning="one day's price far from both neighbours, and back again", actions=("drop", "keep", "refuse")
    ),
    FaultKind.DISPLACED_BAR: Treatment(
        meaning="a calm day 2.5 to 8 % away from both neighbours: doubtful", actions=("keep", "drop", "refuse")
    ),
    FaultKind.SUSPECTED_SPLIT: Treatment(
        meaning="an overnight jump that stays and looks like a split or spin-off", actions=("keep", "refuse")
    ),
    FaultKind.ZERO_VOLUME: Treatment(meaning="a bar in which nothing was traded", actions=("keep", "drop", "refuse")),
    FaultKind.DUPLICATE: Treatment(meaning="the same bar again, with the same values", actions=("drop", "refuse")),
    FaultKind.CONFLICTING_DUPLICATE: Treatment(
        meaning="the same bar again, with other values (first, last: the one to keep)",
        actions=("refuse", "first", "last"),
    ),
    FaultKind.NOT_A_SESSION: Treatment(
        meaning="a bar on a weekend or holiday of the exchange", actions=("drop", "refuse")
    ),
    FaultKind.MISSING_SESSION: Treatment(
        meaning="sessions without a bar between a ticker's first and last", actions=("keep", "refuse")
    ),
    FaultKind.LATE_START: Treatment(
        meaning="a ticker that begins after the others (an index fund's member, a new listing)",
        actions=("keep", "refuse"),
    ),
    FaultKind.EARLY_END: Treatment(
        meaning="a ticker that ends before the others: a position in it is closed", actions=("keep", "refuse")
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what was found where, and what was done. Without a row it concerns what is not there."""

    kind: FaultKind
    ticker: str
    on: date | None
    found: str
    done: str
    path: str = ""
    row_number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that cannot be used, and why. `row_number` is the line of a CSV file, or the row of a Parquet file."""

    path: str
    row_number: int
    reason: str


def summary(faults: Iterable[Fault], *, examples: int = 3) -> list[str]:
    """Return lines for people: each kind with its count, what was done, and its first examples."""
    kept = list(faults)
    counts = Counter(fault.kind for fault in kept)
    lines: list[str] = []
    for kind in FaultKind:
        if not counts[kind]:
            continue
        lines.append(f"{kind}: {counts[kind]:,} · {FAULT_KINDS[kind].meaning}")
        of_kind = [fault for fault in kept if fault.kind is kind]
        lines += [f"  {sentence(fault)}" for fault in of_kind[:examples]]
        if len(of_kind) > examples:
            lines.append(f"  … and {len(of_kind) - examples:,} more")
    return lines


def sentence(fault: Fault) -> str:
    """Return one fault as a line."""
    return f"{fault.ticker} {fault.on or ''}: {fault.found} → {fault.done}".replace(" :", ":")


def write_csv(faults: Sequence[Fault], path: Path) -> None:
    """Write all faults to `path`. Raises BadInput when it cannot be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["kind", "ticker", "date", "found", "done", "file", "row"])
            for f in faults:
                writer.writerow([f.kind, f.ticker, f.on or "", f.found, f.done, f.path, f.row_number or ""])
    except OSError as error:
        raise BadInput(f"--faults {path} cannot be written: {error.strerror or error}") from error


def refuse_rows(refused: Sequence[RefusedRow], *, skip: bool) -> None:
    """Raise BadInput naming the first of the `refused` rows, unless they are to be skipped (spec section 12)."""
    if not refused or skip:
        return
    first = refused[0]
    more = "".join(f"\n  {r.path}, row {r.row_number}: {r.reason}" for r in refused[1:5])
    if len(refused) > 5:
        more += f"\n  … and {len(refused) - 5:,} more"
    raise BadInput(
        f"{first.path}, row {first.row_number}: {first.reason}{more}",
        hint=f"{len(refused):,} row{'s' if len(refused) > 1 else ''} cannot be used, so nothing was taken; "
        "--skip-bad takes the rest and lists what was left out",
    )


def refuse_faults(faults: Sequence[Fault], refused_kinds: Iterable[FaultKind]) -> None:
    """Raise BadInput when there is a fault of a kind that is to be refused."""
    kinds = set(refused_kinds)
    found = [fault for fault in faults if fault.kind in kinds]
    if found:
        kind = found[0].kind
        others = [a for a in FAULT_KINDS[kind].actions if a != "refuse"]
        raise BadInput(
            f"{found[0].path or 'the prices'}: {kind}: {sentence(found[0])} ({len(found):,} such)",
            hint=f"decide with --on-fault {kind}={'|'.join(others)}, or correct the file",
        )
