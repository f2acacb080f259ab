"""Live plan: which account is traded, by which rules, on what comes in from where?

An account that is there goes on with what it has: what is said on the command line, in the environment or in
stonks.toml must agree with it, and what does not is refused by name, unless it is said which of the two is meant.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from engine.adapters import calendar, clock
from engine.adapters.system_clock import SystemClock
from engine.errors import BadInput, NotFound
from engine.model.costs import CostModel
from engine.model.notifications import NotificationChannel
from engine.model.runs import LIVE_RUN, RunRecord
from engine.notification_ports import Notifier
from engine.policy_mapping import from_mapping
from engine.settings import Settings, from_text
from stonks_tui import (
    account_place,
    asking,
    bootstrap,
    broker_place,
    broker_switch,
    config_differences,
    config_inputs,
    demo_mailbox,
)
from stonks_tui.config_inputs import Inputs
from stonks_tui.configuration import Configuration
from stonks_tui.engine_process import Plan
from stonks_tui.live_inputs import LivePaths, heeded, live_course, live_sources
from stonks_tui.start_settings import PROCESS
from stonks_tui.telling import Telling
from stonks_tui.trading import Account, World
from storage import database

_HISTORY = timedelta(days=3 * 366)
"""504 closed bars, and the holidays among them."""
_AHEAD = timedelta(days=366)
_MADE_WITHIN_SECONDS = 2.0
KEEP, APPLY = "keep", "apply"
"""What becomes of what is said otherwise than an account has it; else it is refused."""


def make(args: argparse.Namespace, said: Configuration) -> Plan:
    """Return the plan for `stonks run`, with all that is `said`. Raises BadInput and NotFound in words."""
    data_dir: Path = args.data_dir
    record, settings = asyncio.run(_kept(data_dir))
    redis = (broker_place.required_engine_redis if said.is_queued else broker_place.engine_redis)(os.environ)
    if words := asyncio.run(broker_switch.words(data_dir, is_queued=said.is_queued)):
        print(f"stonks: {words}", file=sys.stderr)
    account = _account(args, said, record, settings)
    inputs = _inputs(args, said)
    paths = _paths(args, said, inputs)
    sources = live_sources(paths, account.sessions)
    now = SystemClock()
    open_days = [s for s in account.sessions.sessions if s.close_at > now.now()]
    return Plan(
        data_dir=data_dir,
        account=account,
        world=World(
            clock=now,
            course=partial(live_course, sources),
            days=tuple(enumerate(open_days)),
            sources=sources,
            heeding=partial(heeded, sources, paths.tables),
        ),
        mode="PAPER",
        headless=_headless(data_dir, said, inputs),
        lease_seconds=said.lease_seconds,
        telling=Telling(notifiers=_notifiers(data_dir, record), books=bootstrap.live_reader(data_dir)),
        redis=redis,
        is_queued=said.is_queued,
    )


def _inputs(args: argparse.Namespace, said: Configuration) -> Inputs | None:
    """Return the tables from which the account is to hear, None when it hears from market.db.

    An account in a database hears from tables there too, unless something was imported into market.db.
    """
    own = account_place.place_of(args.data_dir).database
    inputs = config_inputs.read(args.inputs or said.path, os.environ, own=own, is_asked=args.inputs is not None)
    if inputs is None and own is not None and not bootstrap.market_path(args.data_dir).exists():
        return Inputs(address=own)
    return inputs


def _paths(args: argparse.Namespace, said: Configuration, inputs: Inputs | None) -> LivePaths:
    """Return where things come in. Raises NotFound and BadInput when that cannot be traded on."""
    market = bootstrap.market_path(args.data_dir)
    paths = LivePaths(
        market_db=market,
        quotes=said.path_of("quotes"),
        recommendations=said.path_of("recommendations"),
        signals=said.path_of("signals"),
        macro_events=said.path_of("macro_events"),
    )
    if inputs is not None:
        from stonks_tui import database_inputs  # the driver is not needed for files

        return database_inputs.added(paths, inputs, goes_on=args.on_difference == KEEP)
    if not market.exists():
        raise NotFound(
            f"there are no prices to trade on: no {market}",
            hint="stonks import bars FILE gives the daily bars, [inputs] in stonks.toml names tables that others fill; "
            "stonks demo shows the engine on a made-up market",
        )
    return paths


def _notifiers(data_dir: Path, record: RunRecord | None) -> Callable[[], Mapping[NotificationChannel, Notifier]]:
    """Return what gives those who tell people; whoever goes on with the account of a demo tells nobody either."""
    if record is not None and demo_mailbox.has_mailbox(record):
        return partial(bootstrap.mailbox, data_dir)
    return partial(bootstrap.notifiers, dict(os.environ))


async def _kept(data_dir: Path) -> tuple[RunRecord | None, Settings | None]:
    """Return what is known of an account that is there, and the settings of one that has had a turn."""
    if not _is_there(data_dir):
        return None, None
    reader = bootstrap.live_reader(data_dir)
    settings = await reader.settings()
    return await reader.get(LIVE_RUN), from_text(settings) if settings else None


def _is_there(data_dir: Path) -> bool:
    if account_place.place_of(data_dir).database is not None:
        return bootstrap.has_account(data_dir)
    return _is_made(bootstrap.live_path(data_dir))


def _is_made(path: Path) -> bool:
    """Is there an account? An empty file is one that another engine is just filling, or was killed while it did."""
    until = clock.passed_seconds() + _MADE_WITHIN_SECONDS
    while path.exists():
        if _has_tables(path):
            return True
        if clock.passed_seconds() >= until:
            return False
        time.sleep(0.05)
    return False


def _has_tables(path: Path) -> bool:
    with database.open_raw(path) as raw:
        return raw.execute("SELECT 1 FROM sqlite_master WHERE type = 'table'").fetchone() is not None


def _account(args: argparse.Namespace, said: Configuration, record: RunRecord | None, kept: Settings | None) -> Account:
    today = clock.now().date()
    settings, names = _settings(args, said, record, kept)
    return Account(
        capital=record.initial_capital if record else said.capital,
        policy=settings.policy,
        notifications=settings.notifications,
        costs=CostModel(**record.costs) if record else said.costs,
        sessions=calendar.xnys(today - _HISTORY, today + _AHEAD, cache_dir=bootstrap.cache_path(args.data_dir)),
        start_on=record.start_on if record else today,
        name="paper",
        origins=config_differences.origins(said.said, names),
        takes_over=kept is not None,
    )


def _settings(
    args: argparse.Namespace, said: Configuration, record: RunRecord | None, kept: Settings | None
) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings to begin with, and the names of those that are to be written down as said."""
    if record is None:
        return said.settings(), said.account_names
    if args.on_difference == KEEP and kept is not None:
        _say_what_is_kept(said, kept)
        return kept, ()
    config_differences.refuse_fixed(said, record)
    base = kept or Settings(policy=from_mapping(record.policy))
    differences = said.differences(base)
    if kept is None:  # it has had no turn: of whom it tells nothing is kept yet
        config_differences.refuse([d for d in differences if d.name in record.policy])
        return said.settings(base), said.account_names
    if args.on_difference == APPLY:
        settings = said.settings(base)
        _require_meant(args, settings, base)
        return settings, tuple(d.name for d in differences)
    config_differences.refuse(differences)
    return base, ()


def _say_what_is_kept(said: Configuration, kept: Settings) -> None:
    """Say what is left alone; what could not be laid over the account is no reason to stay away from it."""
    try:
        left_alone = [config_differences.words(difference) for difference in said.differences(kept)]
    except BadInput as error:
        left_alone = [error.message]
    for one in left_alone:
        print(f"stonks: {one}: the account keeps what it has", file=sys.stderr)


def _require_meant(args: argparse.Namespace, settings: Settings, base: Settings) -> None:
    """Raise BadInput unless somebody means what lets the engine risk more."""
    danger = asking.loosening(config_differences.looser(settings.policy, base.policy))
    if danger is not None and not args.yes and not asking.is_meant(danger):
        raise BadInput("nothing was done", hint="stonks run --on-difference keep begins with what the account has")


def _headless(data_dir: Path, said: Configuration, inputs: Inputs | None) -> tuple[str, ...]:
    """Return the arguments with which the same goes on without the screens, whatever has become of the file."""
    start = {**said.start, "log_file": said.path_of("log_file") or bootstrap.log_path(data_dir)}
    given = {name: start[name] for name in PROCESS if start[name] is not None}
    options = (
        f"--{name.replace('_', '-')}={value.absolute() if isinstance(value, Path) else value}"
        for name, value in given.items()
    )
    tables = (f"--inputs={inputs.path.absolute()}",) if inputs is not None and inputs.path is not None else ()
    how = (f"--data-dir={data_dir.absolute()}", "--no-config", f"--on-difference={KEEP}")
    return ("run", "--no-ui", *how, *tables, *options)
