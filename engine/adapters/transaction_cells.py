"""Transaction cells: what does one cell of a list of transactions say: a side, a ticker, a number, a ratio?"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from engine.adapters.column_names import plain
from engine.adapters.file_readers import NULL_TEXTS
from engine.adapters.reference_files import ratio_of

T = TypeVar("T")

SPLIT = "split"
_SIDES: dict[str, str] = {
    **dict.fromkeys(("buy", "b", "bought", "youbought", "bot", "purchase", "purchased", "reinvestshares"), "buy"),
    **dict.fromkeys(("sell", "s", "sold", "yousold", "sld", "sale"), "sell"),
    SPLIT: SPLIT,  # no other word: brokers that write "stock split" mean the shares that were added, not the ratio
}
_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d{1,15})?(?:\.(\d{0,20}))?(?:[eE][-+]?\d{1,2})?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[-+]?(\d{1,3}(\.\d{3})+|\d{1,15})?(?:,(\d{0,20}))?", re.ASCII)
PLAIN_AMOUNT = re.compile(r"(\d{1,15})(?:\.(\d{0,4}))?", re.ASCII)
"""Dollars without anything around them."""
_OPTION = re.compile(r"\d{6}[CP]\d{8}$|\d\d/\d\d/\d\d.*\b[CP]$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Unread:
    """What is wrong with a cell."""

    reason: str


def plain_number(text: str, *, decimal_comma: bool = False) -> str | None:
    """Return the number that `text` means (`1,234.5`, `(12)`, with `decimal_comma` `1.234,5`) as Python writes it."""
    bare = text.strip().replace("−", "-")
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1].strip()}"
    match = (_COMMA_NUMBER if decimal_comma else _NUMBER).fullmatch(bare)
    if not match or not (match[1] or match[3]):
        return None
    return bare.replace(".", "").replace(",", ".") if decimal_comma else bare.replace(",", "")


def each(texts: Sequence[str], read: Callable[[str], T]) -> list[Any]:
    """Return what `read` makes of each text, asked once for each that occurs; an Unread where it raises ValueError."""
    known: dict[str, T | Unread] = {}
    for text in set(texts):
        try:
            known[text] = read(text)
        except ValueError as error:
            known[text] = Unread(str(error))
    return [known[text] for text in texts]


def filled(text: str) -> str:
    """Return `text`, or nothing where it only says that there is nothing."""
    return "" if text in NULL_TEXTS else text


def ticker_of(text: str) -> str:
    """Return the ticker. Raises ValueError when it is empty, or an option's."""
    if not text:
        raise ValueError("the ticker is empty")
    if _OPTION.search(text):
        raise ValueError(f"{text} looks like an option, which is not covered")
    return text.upper()


def side_of(text: str) -> str:
    """Return `buy`, `sell` or `split`. Raises ValueError for anything else."""
    side = _SIDES.get(plain(text))
    if side is None:
        raise ValueError(f"the side {text!r} is neither buy, sell nor split" if text else "the side is missing")
    return side


def require_dollars(text: str) -> None:
    """Raise ValueError for another currency than US dollars."""
    if filled(text) and plain(text) not in {"usd", "usdollar", "usdollars", "dollars"}:
        raise ValueError(f"the currency is {text}, not US dollars")


def without_sign(text: str) -> str:
    """Return `text` without one sign for dollars, wherever it stands."""
    return re.sub(r"\$|\bUSD\b", "", text, count=1).replace("- ", "-").strip()


def split_ratio(text: str) -> Fraction | Unread:
    """Return how many new shares an old one becomes, or what is wrong with that."""
    try:
        return ratio_of(text)
    except ValueError as error:
        return Unread(f"the quantity of a split is how many shares one becomes: {error}")
