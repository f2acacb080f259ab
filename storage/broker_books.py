"""Broker books: what does the broker on paper hold and have on its way, to be compared with what the core believes?"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerBooks:
    """`shares` by ticker, `filled` how many shares of each order ever brought; `epoch` the highest that was seen."""

    epoch: int
    shares: Mapping[str, int]
    filled: Mapping[str, int]


def books(raw: sqlite3.Connection) -> BrokerBooks:
    """Return what the file of the broker on paper says. Raises what the driver raises."""
    (epoch,) = raw.execute("SELECT epoch FROM paper_epoch").fetchone()
    return BrokerBooks(
        epoch=epoch,
        shares=dict(raw.execute("SELECT ticker, shares FROM paper_positions WHERE shares <> 0").fetchall()),
        filled=dict(raw.execute("SELECT client_order_id, filled FROM paper_orders").fetchall()),
    )
