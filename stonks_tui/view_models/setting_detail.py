"""Setting detail: what does one setting do, how far does it go, who made it what it is, and when?"""

from collections.abc import Iterator, Sequence

from engine.errors import BadInput
from engine.settings import Settings, from_mapping, known
from stonks_tui.reports.numbers import unit_words
from stonks_tui.view_models.setting_book import SettingEntry, written
from stonks_tui.view_models.text import Line, Mood, Span, cells, line, wrapped

_GAP = "   "
_MOMENT = "%Y-%m-%d %H:%M"
_LOOSER = {"up": "upwards", "down": "downwards"}


def lines(entry: SettingEntry, fixed: str, columns: int, *, revealed: bool = False) -> tuple[Line, ...]:
    """Return all that is known of `entry`; `fixed` is why nothing can be changed now, empty when something can."""
    found = [line((piece, Mood.STRONG)) for piece in wrapped(_begun(entry.about) or entry.name, columns)]
    found += _flowing(_figures(entry, revealed=revealed), columns)
    for label, text in (("said by ", entry.origin), ("now ", entry.said)):
        if text:
            found += _labelled(label, text, columns)
    found += [line(), *_how(entry, fixed, columns, revealed=revealed)]
    if entry.changes:
        found += [line(), line(("Changes, newest first", Mood.DIM))]
        found += [text for piece in _changes(entry, revealed=revealed) for text in _wrapped(piece, columns)]
    return tuple(found)


def hint(entry: SettingEntry) -> str:
    """Return what helps whoever types a value, in a few words."""
    unit = "or 5 % for 0.05" if entry.unit == "pct" else entry.unit
    words = [f"{entry.limits} {unit}".strip(), f"default {written(entry.default) or 'empty'}"]
    words += [f"{_LOOSER[entry.looser]} risks more"] if entry.looser else []
    return " · ".join(filter(None, words))


def problem(name: str, text: str, settings: Settings) -> str:
    """Return why the setting `name` cannot be `text` beside the other `settings`, empty when it can."""
    if name not in known():
        return ""
    try:
        from_mapping({name: text}, settings)
    except BadInput as error:
        return f"{error.message}: {error.hint}" if error.hint else error.message
    return ""


def _begun(about: str) -> str:
    return f"{about[:1].upper()}{about[1:]}"


def _figures(entry: SettingEntry, *, revealed: bool) -> Iterator[tuple[str, str]]:
    """Yield what is said in a word or two, each with its label."""
    yield "value", f"{entry.text(revealed=revealed) or 'empty'} {unit_words(entry.value, entry.unit)}".rstrip()
    yield "default", written(entry.default) or "empty"
    if entry.limits:
        yield "range", entry.limits
    if entry.looser:
        yield "looser", _LOOSER[entry.looser]


def _flowing(figures: Iterator[tuple[str, str]], columns: int) -> Iterator[Line]:
    """Yield the figures side by side, as many in a line as fit."""
    row: list[Span] = []
    for label, text in figures:
        piece = (Span(f"{label} ", Mood.DIM), Span(text))
        taken = sum(cells(span.text) for span in row)
        if row and taken + len(_GAP) + sum(cells(span.text) for span in piece) > columns:
            yield tuple(row)
            row = []
        row += [Span(_GAP), *piece] if row else piece
    yield tuple(row)


def _labelled(label: str, text: str, columns: int) -> Iterator[Line]:
    first, *rest = wrapped(f"{label}{text}", columns, indent="  ")
    yield line((label, Mood.DIM), first.removeprefix(label))
    yield from map(line, rest)


def _how(entry: SettingEntry, fixed: str, columns: int, *, revealed: bool) -> Iterator[Line]:
    if not (entry.fixed or fixed):
        is_hidden = entry.is_private and entry.value and not revealed
        yield line(("Enter", Mood.KEY), " changes it", *(("  ", ("v", Mood.KEY), " shows it") if is_hidden else ()))
        return
    yield from (line((piece, Mood.DIM)) for piece in wrapped(_begun(fixed) or entry.fixed, columns))


def _changes(entry: SettingEntry, *, revealed: bool) -> Iterator[str]:
    for change in entry.changes:
        before, after = (text or "empty" for text in entry.values_of(change, revealed=revealed))
        yield f"{change.at:{_MOMENT}} {before} → {after}  {change.who or 'somebody'} ({change.origin})"


def _wrapped(text: str, columns: int) -> Sequence[Line]:
    return [line(piece) for piece in wrapped(text, columns, indent="  ")]
