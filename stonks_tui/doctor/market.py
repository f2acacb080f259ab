"""Market: are prices and recommendations there, new enough and without holes?"""

from collections.abc import Iterable
from datetime import date, timedelta

from engine.errors import StonksError
from engine.guard import STALE_SESSIONS
from engine.live_history import SESSIONS
from engine.model.sessions import Session
from stonks_tui.doctor import cures, soundness
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.doctor.market_reading import LOOKED_BACK, TickerDays
from stonks_tui.reports.numbers import plural
from storage.market_tables import LIVE_SOURCE_TABLES, MARKET_TABLES

ATR_BARS = 15
"""Without so many daily bars nothing is known of a ticker's range, and it is not bought (spec section 5)."""
FEW_GAPS = 5
"""After so many sessions without a bar a position is closed (`vanished_after_sessions`)."""
MOST = 0.5
IMPORT_WITHIN = timedelta(hours=12)
"""So long after a close its daily bar may be on its way."""
_NAMED = 6


def file(c: Circumstances) -> Answer:
    """Is there a file of market data, of a version that can be read?"""
    if c.inputs is not None:
        return ok(_not_read(c))
    if not c.market.is_there:
        words, cure = f"there are no prices in {c.folder} yet", cures.imported("bars", c.where)
        return warning(f"{words}: the account cannot trade", cure) if c.account.is_there else note(words, cure)
    try:
        c.market.check_version()
    except StonksError as error:
        path = c.market.path
        return fault(error.message, f"import it anew: {cures.moved_aside(path)}; {cures.imported('bars', c.where)}")
    return ok("market.db is of this program")


def sound(c: Circumstances) -> Answer:
    """Is it whole?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    c.market.check_version()
    path = c.market.path
    return soundness.of(path, f"import it anew: {cures.moved_aside(path)}; {cures.imported('bars', c.where)}")


def tables(c: Circumstances) -> Answer:
    """Does it have the tables and the columns that the engine reads?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    found, optional = c.market.columns, {table.name for table in LIVE_SOURCE_TABLES}
    lacking = [
        f"{table.name}.{column.name}" if table.name in found else table.name
        for table in MARKET_TABLES
        for column in table.columns
        if (table.name in found or table.name not in optional) and column.name not in found.get(table.name, ())
    ]
    if lacking:
        path = c.market.path
        return fault(
            f"market.db lacks {_some(dict.fromkeys(lacking))}",
            f"whoever fills it must keep them; or import it anew: {cures.moved_aside(path)}; "
            f"{cures.imported('bars', c.where)}",
        )
    if absent := sorted(optional - found.keys()):
        return note(
            f"it has no {', '.join(absent)}, which reads as empty",
            cures.imported("quotes", c.where, "to have them made"),
        )
    return ok(f"all {len(MARKET_TABLES)} tables are there")


def bars_age(c: Circumstances) -> Answer:
    """Is the newest daily bar of the last session that is over?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    newest, last = c.market.last_day(), last_session(c)
    cure = cures.imported("bars", c.where, "with the days that are missing")
    if newest is None:
        return warning("there are no daily bars: without ATR nothing is bought", cures.imported("bars", c.where))
    late = c.sessions.sessions_between(newest, last.on) if newest < last.on else 0
    if not late:
        return _of_all(c, newest, cure)
    words = f"the newest daily bar is of {newest}, {plural(late, 'session')} too old"
    if late == 1 and c.now - last.close_at < IMPORT_WITHIN:
        return note(f"{words}; that session ended at {last.close_at:%H:%M} UTC", cure)
    return warning(words, cure)


def _of_all(c: Circumstances, newest: date, cure: str) -> Answer:
    """Return how many tickers have the bar of the newest day; those whose listing has ended need none."""
    tickers = c.market.tickers
    words = f"the newest daily bar is of {newest}, the last session"
    behind = sorted(t for t in tickers.keys() - c.market.ended() if tickers[t].last < newest)
    if not behind:
        return ok(words)
    words += f"; {len(behind)} of {plural(len(tickers), 'ticker')} have none of it: {_some(behind)}"
    return warning(words, cure) if len(behind) > MOST * len(tickers) else note(words, cure)


def bars_gaps(c: Circumstances) -> Answer:
    """Are there sessions without a bar, of a ticker that traded before and after, or of nearly all?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    tickers, cure = c.market.tickers, cures.imported("bars", c.where, "with those days, what is there stays")
    days = sessions_looked_at(c)
    if lost := _lost_days(c, days):
        return warning(f"{plural(len(lost), 'session')} with next to no bars: {_some(map(str, lost))}", cure)
    missing = {ticker: n for ticker, found in tickers.items() if (n := _missing(c, found, days))}
    if not missing:
        return ok(f"no session is missing in {plural(len(tickers), 'ticker')}")
    most = sorted(missing, key=lambda ticker: (-missing[ticker], ticker))
    named = _some(f"{ticker} {missing[ticker]}" for ticker in most)
    words = f"{plural(len(missing), 'ticker')} of {len(tickers)} lack bars between their first and last: {named}"
    return warning(words, cure) if missing[most[0]] > FEW_GAPS else note(words, cure)


def bars_enough(c: Circumstances) -> Answer:
    """Do tickers have the bars that ATR and the other indicators look at?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    tickers = c.market.tickers
    cure = cures.imported("bars", c.where, "with their history")
    few = sorted(ticker for ticker, days in tickers.items() if days.count < ATR_BARS)
    if few:
        words = f"{len(few)} of {plural(len(tickers), 'ticker')} have fewer than {ATR_BARS} daily bars: {_some(few)}"
        many = len(few) > MOST * len(tickers) or c.market.recommended & set(few)
        return (warning if many else note)(f"{words}; without ATR they are not bought", cure)
    short = sorted(ticker for ticker, days in tickers.items() if days.count < SESSIONS)
    if short:
        return note(f"{len(short)} of {plural(len(tickers), 'ticker')} have fewer than {SESSIONS} daily bars", cure)
    return ok(f"{plural(len(tickers), 'ticker')} with {SESSIONS} daily bars or more")


def recommendations_age(c: Circumstances) -> Answer:
    """How old is the newest recommendation?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    newest = c.market.newest_recommendation()
    ways = cures.imported("recommendations", c.where, "is whoever makes them at work? else" if newest else "")
    if newest is None:
        return note("there are no recommendations in market.db: nothing is bought unless they come by file", ways)
    late = c.sessions.sessions_between(newest.date(), last_session(c).on)
    words = f"the newest recommendation is of {newest:%Y-%m-%d %H:%M} UTC"
    if late > STALE_SESSIONS:
        return warning(f"{words}, {plural(late, 'session')} ago", ways)
    return ok(words)


def recommendations_priced(c: Circumstances) -> Answer:
    """Are there prices of what is recommended?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    recommended = c.market.recommended
    if not c.market.tickers:
        return ok("there are no daily bars at all: see bars-age")
    if unpriced := sorted(recommended - c.market.tickers.keys()):
        words = f"{len(unpriced)} of {plural(len(recommended), 'ticker')} recommended of late have no daily bars: "
        return warning(words + _some(unpriced), cures.imported("bars", c.where, "without them they are never bought"))
    return ok(f"all {plural(len(recommended), 'ticker')} recommended of late have daily bars")


def held_bars(c: Circumstances) -> Answer:
    """Does what is held have the bar of the last session?"""
    if not _is_ours(c) or not c.account.is_there:
        return ok(_not_read(c) if c.inputs is not None else "there is nothing to look at yet")
    held = c.account.state.positions if c.account.state else {}
    newest = c.market.last_day()
    late = sorted(t for t in held if t not in c.market.tickers or newest is None or c.market.tickers[t].last < newest)
    if late:
        return warning(
            f"{len(late)} of {plural(len(held), 'position')} have no bar of {newest}: {_some(late)}",
            cures.imported("bars", c.where, "their stops follow an ATR that grows old"),
        )
    return ok(f"each of {plural(len(held), 'position')} has one of {newest}" if held else "nothing is held")


def earnings(c: Circumstances) -> Answer:
    """Is it known when companies report?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    count, ahead = c.market.earnings()
    cure = cures.imported("earnings", c.where)
    if not ahead:
        words = "no dates of earnings" if not count else f"none of {plural(count, 'date')} of earnings is to come"
        return note(f"{words}: no entry is refused because of them", cure)
    return ok(f"{plural(ahead, 'date')} of earnings to come")


def sectors(c: Circumstances) -> Answer:
    """Is the sector of each ticker known?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    tickers = c.market.tickers.keys()
    if unknown := sorted(tickers - c.market.with_sector()):
        words = f"{len(unknown)} of {plural(len(tickers), 'ticker')} have no sector and count as one: {_some(unknown)}"
        return note(words, cures.imported("sectors", c.where))
    return ok(f"the sectors of {plural(len(tickers), 'ticker')} are known")


def quotes(c: Circumstances) -> Answer:
    """Do prices come in within the day?"""
    if not _is_ours(c):
        return ok(_not_read(c))
    newest = c.market.newest_quote()
    cure = f"fill the table quotes of market.db, or name a file that grows: stonks run{c.where} --quotes FILE"
    if newest is None:
        return note("there are no quotes in market.db: unless they come by file, nothing is bought or stopped", cure)
    session = c.sessions.containing(c.now)
    if session and newest < session.open_at + timedelta(minutes=5) and c.now > session.open_at + timedelta(minutes=10):
        return note(f"the newest quote is of {newest:%Y-%m-%d %H:%M} UTC, and the exchange is open", cure)
    return ok(f"the newest quote is of {newest:%Y-%m-%d %H:%M} UTC")


def last_session(c: Circumstances) -> Session:
    """Return the last session that is over."""
    return [s for s in c.sessions.sessions if s.close_at <= c.now][-1]


def sessions_looked_at(c: Circumstances) -> tuple[date, ...]:
    """Return the sessions whose bars are looked at, in order."""
    first = (c.now - LOOKED_BACK).date()
    return tuple(s.on for s in c.sessions.sessions if s.on >= first and s.close_at <= c.now)


def _is_ours(c: Circumstances) -> bool:
    """Is there a file to look into, and read? Raises a StonksError when it is none of ours."""
    if c.inputs is not None:
        return False
    if c.market.is_there:
        c.market.check_version()
    return c.market.is_there


def _not_read(c: Circumstances) -> str:
    """Return why there is nothing to look at."""
    return "there is no market data yet" if c.inputs is None else "market.db is not read: see input-tables"


def _lost_days(c: Circumstances, days: Iterable[date]) -> list[date]:
    """Return the sessions of which less than half of the tickers that traded then have a bar."""
    found, tickers = c.market.tickers_by_day, c.market.tickers.values()
    return [
        on for on in days if (trading := sum(t.first <= on <= t.last for t in tickers)) > 1
        and found.get(on, 0) < MOST * trading
    ]  # fmt: skip


def _missing(c: Circumstances, found: TickerDays, days: tuple[date, ...]) -> int:
    expected = [on for on in days if found.first <= on <= found.last]
    if found.count == len(expected):
        return 0
    return len(frozenset(expected) - c.market.days_of(found.ticker))


def _some(names: Iterable[str]) -> str:
    found = list(names)
    return ", ".join(found[:_NAMED]) + (f" and {len(found) - _NAMED} more" if found[_NAMED:] else "")


SECTION = Section(
    name="market",
    checks={
        "market-file": file,
        "market-sound": sound,
        "market-tables": tables,
        "bars-age": bars_age,
        "bars-gaps": bars_gaps,
        "bars-enough": bars_enough,
        "recommendations-age": recommendations_age,
        "recommendations-priced": recommendations_priced,
        "held-bars": held_bars,
        "earnings": earnings,
        "sectors": sectors,
        "quotes": quotes,
    },
)
