"""Digests: has any imported content changed?

Each `put` that changed something adds a link to a chain: SHA-256 over the digest so far and the rows put. Two stores
filled with the same rows in the same order have the same digest.
"""

from collections.abc import Iterable
from hashlib import sha256

from engine.model.imports import BarColumns
from engine.model.tape import RecommendationTable
from storage.moments import to_micros

EMPTY = sha256(b"").hexdigest()


def of_bars(bars: BarColumns) -> str:
    """Return the digest of `bars`."""
    content = sha256(repr(bars.tickers).encode())
    for column in (bars.ticker, bars.on, bars.open, bars.high, bars.low, bars.close, bars.volume):
        content.update(column.astype("<i8").tobytes())
    return content.hexdigest()


def of_recommendations(table: RecommendationTable) -> str:
    """Return the digest of `table`."""
    moments = [to_micros(at) for at in table.generated_at]
    ends = [None if at is None else to_micros(at) for at in table.expires_at or ()]
    content = sha256(b"recommendation")
    for column in (table.recommendation_id, table.ticker, table.confidence, moments, ends):
        content.update(repr(list(column)).encode())
    for words in (table.action, table.mode, table.source or (), table.thesis or ()):
        content.update(repr(list(map(str, words))).encode())
    return content.hexdigest()


def of_values(kind: str, values: Iterable[object]) -> str:
    """Return the digest of a few values."""
    return sha256(f"{kind}{list(values)!r}".encode()).hexdigest()


def link(digest: str, content: str) -> str:
    """Return the digest of a store that had `digest` before `content` was put."""
    return sha256(f"{digest}{content}".encode()).hexdigest()
