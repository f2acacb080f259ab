"""Notification words: how are figures, times and other people's words said, in an e-mail and in a text message?

Nothing here raises, whatever it is given: a number that is none, or beyond all reason, is said to be unknown.
"""

import math
import unicodedata
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.model.money import quantise, usd
from engine.model.portfolio import TradingState

NEW_YORK = ZoneInfo("America/New_York")
NOTHING_TO_DO = "Nothing has to be done."
TRADING_WORDS = {
    TradingState.ACTIVE: "active",
    TradingState.REDUCING: "exits only",
    TradingState.HALTED: "halted, nothing leaves",
}
LONGEST_NOTE = 2000
"""So many letters of somebody else's words are told."""
_BEYOND_REASON = 1e13
_TWICE = frozenset("^{}\\[~]|")
"""What GSM 03.38 writes with two of its letters. Of ASCII it lacks only the backtick."""
_WRITTEN_OTHERWISE = str.maketrans(
    {"`": "'", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u00df": "ss"}
)


def percent(value: float | None, *, signed: bool = False) -> str:
    """Return a fraction 0..1 in words: `2.12 %`."""
    if value is None or not _is_sound(value):
        return "unknown"
    return f"{100 * value:+.2f} %" if signed else f"{100 * value:.2f} %"


def amount(dollars: float | None) -> str:
    """Return dollars as people write them, without a sign: `$1,234.50`."""
    return f"${usd(quantise(abs(dollars)))}" if dollars is not None and _is_sound(dollars) else "an unknown amount"


def count(number: float | None) -> str:
    """Return a whole number in words."""
    return f"{number:.0f}" if number is not None and _is_sound(number) else "an unknown number of"


def lasted(seconds: float | None) -> str:
    """Return a time that passed in words: `95 s`, `12 min`, `3.5 h`, `2.7 days`."""
    if seconds is None or not _is_sound(seconds):
        return "some time"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"


def when(at: datetime) -> str:
    """Return a moment as people say it where the exchange is: `Fri 27 Nov 10:40 New York`."""
    return f"{at.astimezone(NEW_YORK):%a %d %b %H:%M} New York"


def one_line(text: str, most: int = LONGEST_NOTE) -> str:
    """Return `text` on one line, in at most so many letters."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return words if len(words) <= most else words[: most - 3].rstrip() + "..."


def sentence(text: str) -> str:
    """Return somebody's words as a sentence of one line that ends once; nothing stays nothing."""
    words = one_line(text).rstrip(".")
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def plain(text: str) -> str:
    """Return `text` on one line in those letters of ASCII that a text message has."""
    known = unicodedata.normalize("NFKD", text.translate(_WRITTEN_OTHERWISE))
    bare = "".join(letter for letter in known if not unicodedata.combining(letter))
    return one_line(bare.encode("ascii", "replace").decode().translate(_WRITTEN_OTHERWISE))


def letters(text: str) -> int:
    """Return how many letters of GSM a text in `plain` letters takes."""
    return len(text) + sum(letter in _TWICE for letter in text)


def cut(text: str, most: int) -> str:
    """Return a text in `plain` letters, or its beginning, in at most `most` letters of GSM, whole words if possible."""
    if letters(text) <= most:
        return text
    kept, room = "", most - 3
    for letter in text:
        room -= letters(letter)
        if room < 0:
            break
        kept += letter
    whole = kept.rpartition(" ")[0]
    return (whole if 2 * len(whole) > len(kept) else kept).rstrip() + "..."


def _is_sound(number: float) -> bool:
    return math.isfinite(number) and abs(number) < _BEYOND_REASON
