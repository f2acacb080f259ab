"""Account: are its files whole and of one account, does somebody watch what it holds, and what can it afford?"""

from datetime import timedelta

from engine.errors import StonksError
from engine.guard import PRICES_KEPT
from engine.model.money import UNITS_PER_DOLLAR, Money, usd
from engine.model.notices import ALARMS
from stonks_tui.doctor import cures, soundness
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.files import is_half_written
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.engine_status import Engine
from stonks_tui.reports.numbers import plural
from storage.machine_lock import is_dead
from storage.table_kinds import SCHEMA_VERSION

FORGOTTEN_AFTER = PRICES_KEPT + timedelta(days=7)
"""The engine forgets old looks at the end of a session: some days without one are no fault."""
_NAMED = 6
_UNUSABLE = "use the version of stonks-tui that made it"


def file(c: Circumstances) -> Answer:
    """Is there an account, of a version that an engine takes?"""
    if c.account.is_in_database():
        words = f"the account is in {c.account.database}"
        return note(words, f"to look at it: stonks status{c.where}, stonks db check{c.where}")
    if not c.account.is_there:
        place = c.account.database or c.folder
        return note(f"there is no account in {place} yet", f"to begin one: stonks run{c.where}")
    try:
        c.account.check_version()
    except StonksError as error:
        return fault(error.message, cures.restored(c.account.path, _UNUSABLE))
    name, version = c.account.path.name, c.account.version()
    if version != SCHEMA_VERSION:
        words = f"{name} is an account of an earlier version ({version}); the next engine adds what it lacks"
        return note(words, f"stonks run{c.where}")
    return ok(f"{name} is an account of this version")


def sound(c: Circumstances) -> Answer:
    """Is its file whole?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    c.account.check_version()
    return soundness.of(c.account.path, cures.restored(c.account.path))


def state(c: Circumstances) -> Answer:
    """Can its books be read?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    c.account.check_version()
    try:
        found, _ = c.account.state, c.account.settings
    except StonksError as error:
        return fault(error.message, cures.restored(c.account.path, _UNUSABLE))
    if found is None:
        words = "the account has not begun to trade"
        return (
            ok(f"{words}: an engine waits for the first session")
            if c.account.is_led
            else note(words, f"stonks run{c.where}")
        )
    book = found.book()
    return ok(f"${usd(book.total_value)} in all, ${usd(book.reserve)} of it reserve; tier {found.tier}")


def paper(c: Circumstances) -> Answer:
    """Is what the broker knows there, and whole?"""
    path = c.account.paper_path
    if not path.exists():
        if not c.account.is_there:
            return ok("there is no account yet")
        if c.is_queued:
            return ok("its broker is behind the queue and keeps its books itself")
        held = c.account.state.positions if c.account.state else {}
        words = f"{path.name} is not there, which is what the broker knows"
        if held:
            return fault(f"{words} of the {plural(len(held), 'position')} held", cures.restored(path))
        return note(f"{words}; nothing is held", f"to have it made: stonks run{c.where}")
    if is_half_written(path):
        return note(f"{path.name} was left half-written and is not opened here")
    try:
        c.account.check_paper_version()
    except StonksError as error:
        return fault(error.message, cures.restored(path, _UNUSABLE))
    return soundness.of(path, cures.restored(path))


def same_account(c: Circumstances) -> Answer:
    """Are both files of one account?"""
    path = c.account.paper_path
    if not path.exists() or is_half_written(path):
        return ok("there is no broker's file to compare")
    c.account.check_paper_version()
    if not c.account.is_there:
        return fault(f"{path} is of an account that is not there", cures.restored(path, "put its stonks.db back"))
    c.account.check_version()
    ours, theirs = c.account.ids()
    if ours and theirs and ours != theirs:
        return fault(
            f"paper.db is of another account ({theirs[:8]}…) than stonks.db ({ours[:8]}…): no engine takes both",
            f"put the paper.db of this account back into {c.folder}",
        )
    return ok("stonks.db and paper.db are of one account")


def engine(c: Circumstances) -> Answer:
    """Does an engine run, and does somebody watch what is held?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    status = c.account.status
    held = int(status.figures.get("positions", 0))
    match status.engine:
        case Engine.RUNNING:
            return ok(f"an engine runs, {plural(held, 'position')} held")
        case Engine.STANDBY:
            return note("an engine stands by: another one leads", f"to see both: stonks status{c.where}")
        case Engine.SILENT:
            return fault(
                f"the engine does not answer: {status.words}",
                f"to end it and begin again: stonks stop{c.where}; stonks run{c.where}",
            )
        case Engine.OFFLINE:
            since = f" since {status.beaten_at:%Y-%m-%d %H:%M} UTC" if status.beaten_at else ""
            if held:
                watched = f"no engine runs{since}: nobody watches the stops of {plural(held, 'position')}"
                return fault(watched, f"stonks run{c.where}")
            return note(f"no engine runs{since}; nothing is held", f"stonks run{c.where}")


def lease(c: Circumstances) -> Answer:
    """Does whoever leads on the account live?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    found = c.account.lease()
    if found is None or found.owner is None:
        return ok("nobody leads")
    if c.account.status.engine is not Engine.OFFLINE:
        return ok(f"{found.owner} leads under epoch {found.epoch}")
    until = f"{found.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    if is_dead(found.owner):
        return note(f"{found.owner}, which led last, is dead; its lease is not waited for", f"stonks run{c.where}")
    if found.expires_at > c.now:
        return warning(
            f"{found.owner} leads until {until}, but does not listen here",
            "look for that engine; if it is gone, another one follows when its lease is over",
        )
    return note(f"{found.owner} led until {until} and has not been heard of since", f"stonks run{c.where}")


def troubles(c: Circumstances) -> Answer:
    """What does the engine itself say is wrong?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    status = c.account.status
    if status.engine is not Engine.RUNNING:
        return ok("no engine leads here that could tell of any")
    said = "; ".join(status.troubles)
    if float(status.figures.get("protected", 1)) < 1:
        cure = f"are prices coming in? to see what is wrong: stonks status{c.where}"
        return fault(said or "not everything that is held is watched", cure)
    if said:
        return warning(said, f"docs/live.md says what follows from each; to see more: stonks status{c.where}")
    if (cause := status.figures.get("cause", "")) in list(ALARMS):
        words = f"only exits are made since {cause.replace('_', ' ')}"
        return warning(words, f"look into it; to make entries again: stonks resume{c.where}")
    return ok("the engine says of none")


def old_looks(c: Circumstances) -> Answer:
    """Are looks at prices forgotten when their time is over?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    c.account.check_version()
    count = c.account.old_looks(c.now, FORGOTTEN_AFTER)
    if count:
        return note(
            f"{plural(count, 'look')} at prices older than {PRICES_KEPT.days} days are still kept",
            f"they are forgotten at the end of a session: stonks run{c.where}",
        )
    return ok(f"no looks at prices are kept beyond their {PRICES_KEPT.days} days")


def pool(c: Circumstances) -> Answer:
    """Is there enough to buy with at all?"""
    if not c.account.is_there:
        return ok("there is no account yet")
    book, least = c.account.book, c.account.policy.active_pool_minimum
    if book.active_pool < least * UNITS_PER_DOLLAR:
        return warning(
            f"nothing is bought: the active pool is ${usd(book.active_pool)}, below its minimum of ${least:,.2f}",
            f"to move money out of the reserve, ${usd(book.reserve)}: stonks reserve{c.where} -AMOUNT"
            if book.reserve
            else cures.configured(c, "active_pool_minimum=DOLLARS", why="to lower the minimum"),
        )
    free = book.cash - book.reserve
    return ok(f"${usd(book.active_pool)} to trade with, ${usd(max(0, free))} of it in cash")


def affordable(c: Circumstances) -> Answer:
    """How many of the tickers seen cost more than the largest position (spec section 4)?

    They are those that were recommended for buying of late; without any, all that have prices.
    """
    if not c.account.is_there or not c.market.is_there:
        return ok("there is no account yet" if not c.account.is_there else "there are no prices yet")
    c.account.check_version()
    c.market.check_version()
    if c.account.book.active_pool < c.account.policy.active_pool_minimum * UNITS_PER_DOLLAR:
        return ok("nothing is bought at all: see active-pool")
    prices = {ticker: days.close for ticker, days in c.market.tickers.items()}
    seen = {ticker: prices[ticker] for ticker in c.market.recommended & prices.keys()} or prices
    largest = largest_position(c)
    dear = sorted((ticker for ticker, price in seen.items() if price > largest), key=lambda t: -seen[t])
    if not dear:
        return ok(f"a share of each of {plural(len(seen), 'ticker')} fits into the largest position, ${usd(largest)}")
    named = ", ".join(f"{ticker} ${usd(seen[ticker])}" for ticker in dear[:_NAMED]) + (" …" if dear[_NAMED:] else "")
    words = (
        f"{len(dear)} of {plural(len(seen), 'ticker')} cost more than the largest position, ${usd(largest)}: {named}"
    )
    cure = f"they are never bought; a bolder tier has larger positions: stonks tier{c.where} NAME"
    return warning(words, cure) if len(dear) == len(seen) else note(words, cure)


def largest_position(c: Circumstances) -> Money:
    """Return what the account may spend on one ticker, by its tier and pool as they are now."""
    found, policy = c.account.state, c.account.policy
    book = c.account.book
    tier = policy.tiers[found.tier if found else policy.risk_tier]
    return int(min(book.active_pool * tier.max_position_pct, policy.absolute_position_cap * UNITS_PER_DOLLAR))


SECTION = Section(
    name="account",
    checks={
        "account-file": file,
        "account-sound": sound,
        "account-state": state,
        "paper-file": paper,
        "paper-account": same_account,
        "engine": engine,
        "engine-lease": lease,
        "engine-troubles": troubles,
        "old-looks": old_looks,
        "active-pool": pool,
        "affordable": affordable,
    },
)
