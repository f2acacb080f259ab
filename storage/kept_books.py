"""Kept books: what do the rows of a live account come to, for whoever compares them with what the core knows?

They are added up where they lie, in whole ten-thousandths of a dollar.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from engine.errors import BrokenInvariant
from engine.model.live import Errand
from engine.model.money import Money
from engine.model.runs import LIVE_RUN
from engine.model.runs import RunRecord as Record
from storage import live_queries
from storage.live_mappers import ERRANDS
from storage.live_turns import rows
from storage.record_mappers import record_of
from storage.tables import BACKTEST_RUNS

_OF_FILLS = """
    SELECT coalesce(sum(CASE side WHEN 'buy' THEN quantity * price END), 0),
           coalesce(sum(CASE side WHEN 'sell' THEN quantity * price END), 0),
           coalesce(sum(commission), 0)
    FROM order_fills WHERE run_id = ?"""
_OF_SHARES = """
    SELECT ticker, sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END) FROM order_fills
    WHERE run_id = ? AND ticker NOT IN (SELECT ticker FROM position_splits WHERE shares_before > 0)
    GROUP BY ticker"""
_OF_SPLITS = "SELECT DISTINCT ticker FROM position_splits WHERE run_id = ? AND shares_before > 0"
_IN_LIEU = """
    SELECT coalesce(sum(cash_in_lieu), 0) FROM position_splits
    WHERE run_id = ? AND shares_before > 0 AND shares_after = 0"""
_OF_FLOWS = "SELECT coalesce(sum(amount), 0) FROM cash_flows WHERE run_id = ?"
_OF_RESERVE = "SELECT coalesce(sum(amount), 0) FROM reserve_pool_ledger WHERE run_id = ?"
_BALANCE = "SELECT balance_after FROM reserve_pool_ledger WHERE run_id = ? ORDER BY seq DESC LIMIT 1"
_OF_TRADES = "SELECT count(*), coalesce(sum(pnl), 0) FROM backtest_trades WHERE backtest_id = ?"
_OF_DECISIONS = "SELECT count(*) FROM trading_decisions WHERE run_id = ?"
_LAST = "SELECT seq FROM engine_state WHERE run_id = ?"
_FIRST_CHECKPOINT = "SELECT min(seq) FROM checkpoints WHERE run_id = ?"
_TURNS = "SELECT count(*), max(seq) FROM event_journal WHERE run_id = ? AND seq >= ?"
_GAP = """
    SELECT seq + 1 FROM event_journal AS turn WHERE run_id = ? AND seq >= ? - 1 AND seq < ?
    AND NOT EXISTS (SELECT 1 FROM event_journal WHERE run_id = turn.run_id AND seq = turn.seq + 1)
    ORDER BY seq LIMIT 1"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBooks:
    """Sums over all rows. `shares` by ticker, those `split` left out: fills do not tell how many.

    `in_lieu` is the cash for shares of which a split has left none; all other cash for parts of shares is in `flows`.
    """

    bought: Money
    sold: Money
    commissions: Money
    in_lieu: Money
    flows: Money
    reserve: Money
    balance: Money
    trades: int
    pnl: Money
    decisions: int
    shares: Mapping[str, int]
    split: frozenset[str]


def books(raw: sqlite3.Connection) -> KeptBooks:
    """Return what the rows of the account come to. Raises what the driver raises."""
    bought, sold, commissions = _row(raw, _OF_FILLS)
    trades, pnl = _row(raw, _OF_TRADES)
    balance = raw.execute(_BALANCE, (LIVE_RUN,)).fetchone()
    shares = dict(raw.execute(_OF_SHARES, (LIVE_RUN,)).fetchall())
    return KeptBooks(
        bought=bought,
        sold=sold,
        commissions=commissions,
        in_lieu=_row(raw, _IN_LIEU)[0],
        flows=_row(raw, _OF_FLOWS)[0],
        reserve=_row(raw, _OF_RESERVE)[0],
        balance=balance[0] if balance else 0,
        trades=trades,
        pnl=pnl,
        decisions=_row(raw, _OF_DECISIONS)[0],
        shares={ticker: count for ticker, count in shares.items() if count},
        split=frozenset(ticker for (ticker,) in raw.execute(_OF_SPLITS, (LIVE_RUN,))),
    )


def record(account: Connection) -> Record:
    """Return what was said of the account when it began. Raises BrokenInvariant when nothing is kept of it."""
    found = rows(account, BACKTEST_RUNS.select().where(BACKTEST_RUNS.c.id == LIVE_RUN))
    if not found:
        raise BrokenInvariant("nothing is kept of how the account began")
    return record_of(found[0])


def state_text(account: Connection) -> tuple[int, str] | None:
    """Return the number of the last turn and the core's state after it, None before any."""
    found = account.execute(live_queries.STATE).one_or_none()
    return (found.seq, found.state) if found else None


def waiting(account: Connection) -> tuple[Errand, ...]:
    """Return the errands that may not have left yet. Raises whatever a row brings about that keeps none."""
    return tuple(map(ERRANDS.value_of, rows(account, live_queries.WAITING)))


def journal_fault(raw: sqlite3.Connection) -> tuple[str, int]:
    """Return in words what is wrong with the journal, '' for nothing, and how many turns it must have in one piece.

    Looks at prices may have been forgotten before the first checkpoint that is left, nothing after it.
    """
    last = raw.execute(_LAST, (LIVE_RUN,)).fetchone()
    first = _row(raw, _FIRST_CHECKPOINT)[0] or 1
    count, newest = raw.execute(_TURNS, (LIVE_RUN, first)).fetchone()
    if last is None:
        return (f"there are {count} turns, and no state after them" if count else ""), 0
    if newest != last[0]:
        return f"the state is that after turn {last[0]}, and the last turn is {newest}", 0
    due = last[0] - first + 1
    if count == due:
        return "", due
    gap = raw.execute(_GAP, (LIVE_RUN, first, last[0])).fetchone()
    return f"{due - count} of the turns {first} to {last[0]} are missing, the first is {gap[0] if gap else first}", due


def _row(raw: sqlite3.Connection, query: str) -> tuple[int, ...]:
    found: tuple[int, ...] = raw.execute(query, (LIVE_RUN,)).fetchone()
    return found
