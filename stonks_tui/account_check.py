"""Account check: are the files of an account, or of a backup of it, sound, and do they all tell the same story?

What is compared with what the broker says is of one instant, whether or not an engine trades meanwhile. The core's own
words are taken where it has them: its state, and whether that conserves money.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import SQLAlchemyError

from engine import codec
from engine.decision.state import State, WorkingOrder
from engine.errors import BrokenInvariant, StonksError
from engine.model.live import Errand, ErrandKind
from engine.model.money import usd
from engine.model.orders import OrderSide
from engine.model.sessions import SessionTable
from stonks_tui import live_account
from stonks_tui.reports.numbers import plural
from storage import broker_books, copies, file_checks, kept_books, manifests, restores
from storage.backups import MARKET_FILE, RUNS
from storage.broker_books import BrokerBooks
from storage.copied_rows import TABLES
from storage.database import open_raw
from storage.file_checks import RESTORE, Finding, failed, file_finding, found
from storage.kept_books import KeptBooks
from storage.live_tables import LIVE_TABLES
from storage.market_tables import MARKET_TABLES
from storage.migrations.parts import Part
from storage.one_moment import ACCOUNT_FILE, BROKER_FILE, Moment, at_one_moment
from storage.paper_tables import PAPER_TABLES
from storage.postgres_address import PostgresAddress
from storage.postgres_copies import schema_of
from storage.run_files import RunFiles
from storage.table_kinds import BOOKS_SINCE, MARKET_SINCE

_DIFFERENCES = 3
"""So many are told of each kind."""
_BOOKS_HINT = f"stonks replay says whether the journal comes to the state; {RESTORE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCheck:
    """What was found in the files of `folder`, or in a database; `is_backup` when it has a manifest."""

    folder: Path | PostgresAddress
    is_backup: bool
    findings: tuple[Finding, ...]

    @property
    def is_ok(self) -> bool:
        """Is there nothing to do?"""
        return all(finding.is_ok for finding in self.findings)


def check(folder: Path, *, has_broker: bool = True) -> AccountCheck:
    """Look at the account, or the backup of one, in `folder`. Raises NotFound when there is neither.

    Without `has_broker` the broker's books of the account are elsewhere; a backup has them or not.
    """
    is_backup = manifests.has_manifest(folder)
    if is_backup:
        has_broker = manifests.may_hold(folder, BROKER_FILE)
    if not is_backup and restores.begun(folder) is None:
        live_account.reader(folder)  # says what is missing
    return AccountCheck(folder=folder, is_backup=is_backup, findings=tuple(_findings(folder, is_backup, has_broker)))


def check_database(address: PostgresAddress) -> AccountCheck:
    """Look at the account in the database at `address`: at a copy of all of it, as of one instant.

    Raises NotFound when there is none, Unavailable or OutOfSpace when it cannot be copied.
    """
    with TemporaryDirectory(prefix="stonks-check-") as name:
        copied = copies.to_files(address, Path(name))
        with at_one_moment(Path(name)) as moment:
            findings = list(_of_moment(Path(name), moment))
    for n, part in enumerate(Part):  # those of both files come first, and are sound: they have just been made
        rows = sum(copied.rows[table.name] for table in TABLES[part])
        words = f"every table there, {plural(rows, 'row')} read"
        findings[n] = replace(findings[n], what=schema_of(address, part), words=words)
    return AccountCheck(folder=address, is_backup=False, findings=tuple(findings))


def _findings(folder: Path, is_backup: bool, has_broker: bool) -> Iterator[Finding]:
    if is_backup:
        yield _of_manifest(folder)
    try:
        restores.require_none_begun(folder)
        with at_one_moment(folder, has_broker=has_broker) as moment:
            yield from _of_moment(folder, moment)
    except StonksError as error:
        yield failed("both files", error)
        for name in (ACCOUNT_FILE, BROKER_FILE) if has_broker else (ACCOUNT_FILE,):
            if (folder / name).exists():
                yield _of_file(folder / name)
    yield from _of_others(folder)


def _of_manifest(folder: Path) -> Finding:
    try:
        manifest = manifests.read(folder)
        differs = "; ".join(manifests.differences(folder, manifest))
    except StonksError as error:
        return failed("manifest", error)
    said = f"{plural(len(manifest.files), 'file')} as they were on {manifest.made_at:%Y-%m-%d at %H:%M:%S} UTC"
    return found("manifest", differs, said, hint="take another backup")


def _of_moment(folder: Path, moment: Moment) -> Iterator[Finding]:
    account = file_finding(folder / ACCOUNT_FILE, moment.raw, LIVE_TABLES, BOOKS_SINCE)
    yield account
    broker = _file_of_broker(folder, moment)
    yield broker
    if account.is_ok:
        yield _guarded("journal", lambda: _journal(moment))
        yield _guarded("errands", lambda: _errands(moment))
        yield _guarded("books", lambda: _books(moment))
    if account.is_ok and broker.is_ok and moment.has_broker:
        yield _guarded("account", lambda: _belongs_together(moment))
        yield _guarded("broker", lambda: _broker(moment))


def _file_of_broker(folder: Path, moment: Moment) -> Finding:
    if not moment.has_broker:
        return found("broker", "", "behind the queue: its books are its own, and are neither copied nor compared here")
    return file_finding(folder / BROKER_FILE, moment.broker, PAPER_TABLES, BOOKS_SINCE)


def _guarded(what: str, look: Callable[[], Finding]) -> Finding:
    """Return what was found by a `look` at rows that may be anything."""
    try:
        return look()
    except StonksError as error:
        return failed(what, error)
    except (sqlite3.Error, SQLAlchemyError, ValueError, TypeError, LookupError, ArithmeticError) as error:
        words = f"a row makes no sense: {type(error).__name__}: {error}"
        return Finding(what=what, is_ok=False, words=words, hint=RESTORE)


def _belongs_together(moment: Moment) -> Finding:
    raw = moment.raw
    (here,) = raw.execute("SELECT account_id FROM account_ids").fetchone()
    (there,) = moment.broker.execute("SELECT account_id FROM paper_epoch").fetchone()
    (epoch,) = raw.execute("SELECT coalesce(max(epoch), 0) FROM leases").fetchone()
    (seen,) = moment.broker.execute("SELECT epoch FROM paper_epoch").fetchone()
    fault = ""
    if here != there:
        fault = f"the files are of two accounts: {ACCOUNT_FILE} of {here}, {BROKER_FILE} of {there or 'none'}"
    elif seen > epoch:
        fault = f"the broker has seen an engine of epoch {seen}, the account only {epoch}: they are of two moments"
    return found("account", fault, f"both are of {here}, epoch {epoch}")


def _journal(moment: Moment) -> Finding:
    fault, turns = kept_books.journal_fault(moment.raw)
    return found("journal", fault, f"{plural(turns, 'turn')} without a gap, the state is that after the last")


def _errands(moment: Moment) -> Finding:
    waiting = kept_books.waiting(moment.account)
    fault = next(filter(None, map(_errand_fault, waiting)), "")
    said = f"{plural(len(waiting), 'errand')} for the broker that may not have left yet" if waiting else "none waits"
    return found("errands", fault, said)


def _errand_fault(errand: Errand) -> str:
    match errand.kind:
        case ErrandKind.ORDER if errand.order is None or errand.order.client_order_id != errand.subject:
            return f"errand {errand.errand_id} does not bring the order {errand.subject}"
        case ErrandKind.SPLIT if not errand.ratio or errand.ratio <= 0:
            return f"errand {errand.errand_id} brings a split of {errand.subject} without its ratio"
        case _:
            return "" if errand.subject else f"errand {errand.errand_id} is about nothing"


def _state(moment: Moment) -> State | None:
    """Return what the core knew after the last turn, None before any. It knows no sessions: decide nothing with it."""
    kept = kept_books.state_text(moment.account)
    if kept is None:
        return None
    costs = live_account.costs_of(kept_books.record(moment.account))
    return codec.state_from_plain(json.loads(kept[1]), sessions=SessionTable.of(()), costs=costs)


def _books(moment: Moment) -> Finding:
    capital = kept_books.record(moment.account).initial_capital
    state, kept = _state(moment), kept_books.books(moment.raw)
    if state is None:
        fault = "there are books, and no state that goes with them" if kept.decisions else ""
        return found("books", fault, "nothing has happened yet")
    if state.initial_capital != capital:
        raise BrokenInvariant(f"the account began with {usd(capital)}, the core with {usd(state.initial_capital)}")
    state.require_conservation()
    fault = "; ".join(list(_book_faults(state, kept))[:_DIFFERENCES])
    held = f"{usd(state.cash)} in cash, {plural(len(state.positions), 'position')}, {plural(kept.trades, 'trade')}"
    return found("books", fault, f"they add up: {held}", hint=_BOOKS_HINT)


def _book_faults(state: State, kept: KeptBooks) -> Iterator[str]:
    """Yield in words where the rows that are kept tell another story than the core's state."""
    tallies = (state.performance.standard, state.performance.micro)
    cash = state.initial_capital + kept.flows + kept.sold + kept.in_lieu - kept.bought - kept.commissions
    for what, here, there in (
        ("cash", state.cash, cash),
        ("costs", state.costs, kept.commissions),
        ("money that came and went", state.flows, kept.flows),
        ("reserve", state.reserve, kept.reserve),
        ("reserve's balance", state.reserve, kept.balance),
        ("profit of trades", sum(t.gross_profit - t.gross_loss for t in tallies), kept.pnl),
    ):
        if here != there:
            yield f"{what}: the core has {usd(here)}, the rows come to {usd(there)}"
    for what, here, there in (
        ("trades", sum(t.trades for t in tallies), kept.trades),
        ("decisions", state.decisions_made, kept.decisions),
    ):
        if here != there:
            yield f"{what}: the core has made {here:,}, {there:,} are kept"
    held = {ticker: p.quantity for ticker, p in state.positions.items() if ticker not in kept.split}
    for ticker in sorted(held.keys() | kept.shares.keys()):
        if held.get(ticker, 0) != kept.shares.get(ticker, 0):
            yield f"{ticker}: the core holds {held.get(ticker, 0):,}, fills come to {kept.shares.get(ticker, 0):,}"


def _broker(moment: Moment) -> Finding:
    state, there = _state(moment), broker_books.books(moment.broker)
    waiting = kept_books.waiting(moment.account)
    fault = "; ".join(list(_broker_faults(state, there, waiting))[:_DIFFERENCES])
    on_their_way = f", {plural(len(state.working), 'order')} on the way" if state and state.working else ""
    said = f"it holds what the engine does{on_their_way}"
    return found("broker", fault, said, hint=f"an engine leaves exits only until somebody resumes it; {RESTORE}")


def _broker_faults(state: State | None, there: BrokerBooks, waiting: tuple[Errand, ...]) -> Iterator[str]:
    """Yield in words what the orders that are on their way do not explain."""
    due = {ticker: position.quantity for ticker, position in state.positions.items()} if state else {}
    brought_later = {errand.subject for errand in waiting if errand.kind is ErrandKind.ORDER}
    for client_order_id, working in state.working.items() if state else ():
        filled = there.filled.get(client_order_id)
        if filled is None:
            if client_order_id not in brought_later:
                yield f"order {client_order_id} is on its way, the broker has never seen it, and nothing will bring it"
        elif filled < working.filled:
            yield f"order {client_order_id}: {working.filled:,} filled for the engine, {filled:,} for the broker"
        else:
            _move(due, working, filled - working.filled)
    unsplit = {errand.subject for errand in waiting if errand.kind is ErrandKind.SPLIT}
    for ticker in sorted((due.keys() | there.shares.keys()) - unsplit):
        if due.get(ticker, 0) != there.shares.get(ticker, 0):
            yield f"{ticker}: the engine has {due.get(ticker, 0):,}, the broker {there.shares.get(ticker, 0):,}"


def _move(due: dict[str, int], working: WorkingOrder, unheard: int) -> None:
    """Count shares that were filled and that the engine has not heard of."""
    sign = 1 if working.order.side is OrderSide.BUY else -1
    due[working.order.ticker] = due.get(working.order.ticker, 0) + sign * unheard


def _of_file(path: Path) -> Finding:
    """Look at a file by itself."""
    tables, since = _NEEDED[path.name]
    try:
        with open_raw(path) as raw:
            return file_finding(path, raw, tables, since)
    except StonksError as error:
        return failed(path.name, error)


def _of_others(folder: Path) -> Iterator[Finding]:
    """Look at market data and backtests, if there are any: the account does without them."""
    if (folder / MARKET_FILE).exists():
        yield _of_file(folder / MARKET_FILE)
    runs = RunFiles(folder / RUNS)
    looked_at = [path for path in map(runs.path, reversed(runs.ids())) if path.stat().st_size]
    damaged = [path.name for path in looked_at if not _is_sound(path)]
    if looked_at:
        fault = f"damaged: {', '.join(damaged)}" if damaged else ""
        yield found(RUNS, fault, f"{plural(len(looked_at), 'backtest')} sound", hint="remove the files")


def _is_sound(path: Path) -> bool:
    try:
        file_checks.require_sound(path)
    except StonksError:
        return False
    return True


_NEEDED = {
    ACCOUNT_FILE: (LIVE_TABLES, BOOKS_SINCE),
    BROKER_FILE: (PAPER_TABLES, BOOKS_SINCE),
    MARKET_FILE: (MARKET_TABLES, MARKET_SINCE),
}
