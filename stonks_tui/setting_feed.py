"""Setting feed: the settings behind the screen that shows them, of a run or of an account at some moment.

What reads them knows a large part of the engine, and is imported when somebody asks.
"""

import asyncio
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine import settings
from engine.errors import BadInput, StonksError
from engine.model.audit import AuditEvent, Word
from engine.model.costs import CostModel
from engine.model.portfolio import TradingState
from engine.model.runs import LIVE_RUN, RunRecord
from engine.settings import Settings, known
from stonks_tui import setting_words
from stonks_tui.config_names import NEW_ACCOUNT, PAUSED, table_of
from stonks_tui.view_models.setting_book import SettingBook, SettingChange, SettingEntry

if TYPE_CHECKING:
    from engine.model.live import Heartbeat
    from stonks_tui.config_reading import Account, Setting
    from stonks_tui.configuration import Configuration
    from storage.live_reader import SqlLiveReader

_PREFIX = "setting."
_FOR_THE_RUN = "the run"
_HEADER, _KEY = re.compile(r"\s*\[([^\[\]]+)\]"), re.compile(r"\s*([\w.\-\"']+)\s*=")
_EVERY = 1_000_000


def of_run(record: RunRecord) -> SettingBook:
    """Return the rules that a run obeyed. Raises BadInput when this version of the program does not know them."""
    from stonks_tui import config_reading
    from stonks_tui.configuration import Configuration

    obeyed = settings.from_mapping({name: v for name, v in record.policy.items() if v is not None})
    record = replace(record, costs={**asdict(CostModel()), **record.costs})
    account = config_reading.Account(record=record, settings=obeyed, has_turns=True)
    found = config_reading.settings(account, Configuration(said={}), {})
    rules = [s for s in found if s.name != PAUSED and table_of().get(s.name) in {"trading", "account"}]
    return SettingBook(entries=tuple(_entry(_said_for_run(setting)) for setting in rules), settings=obeyed)


def of_account(data_dir: Path, until: datetime | None) -> SettingBook:
    """Return the settings of the account in `data_dir`: of now, or as they were at the moment `until`.

    Raises StonksError, in words, when they cannot be read.
    """
    from stonks_tui import config_differences, config_reading, configuration, live_account

    account, beat = asyncio.run(_read(live_account.reader(data_dir)))
    if until is not None:
        return _as_of(account, until)
    said, problem = configuration.Configuration(said={}), ""
    try:
        said = configuration.read(data_dir)
        differences = {d.name: config_differences.written(d.name, d.wanted) for d in said.differences(account.settings)}
    except StonksError as error:
        differences, problem = {}, error.message.replace(f"{data_dir}/", "")
    found = config_reading.settings(account, said, os.environ)
    entries = [
        replace(_entry(setting, account.audits), said=_said(setting.name, said, differences))
        for setting in (_paused(s, account, beat) if s.name == PAUSED else s for s in found)
    ]
    return SettingBook(entries=_in_order(entries), settings=account.settings, problem=problem)


async def _read(live: "SqlLiveReader") -> "tuple[Account, Heartbeat | None]":
    from stonks_tui.config_reading import Account

    async with live.at_once(LIVE_RUN):
        kept, beat = await live.settings(), await live.heartbeat()
        account = Account(
            record=await live.get(LIVE_RUN),
            settings=settings.from_text(kept) if kept else Settings(),
            has_turns=bool(kept),
            audits=await live.audits(_EVERY),
        )
    return account, beat[0] if beat else None


def _as_of(account: "Account", until: datetime) -> SettingBook:
    """Return what held at the moment `until`: what was changed since then is undone."""
    from stonks_tui import config_reading
    from stonks_tui.configuration import Configuration

    was: dict[str, str] = {}
    for event in account.audits:  # the newest comes first, so that the oldest has the last word
        if event.at > until and event.asked.word is Word.SET and event.done:
            was |= {key.removeprefix(_PREFIX): v for key, v in event.before.items() if key.startswith(_PREFIX)}
    then = replace(
        account,
        settings=settings.from_mapping(was, account.settings),
        audits=tuple(event for event in account.audits if event.at <= until),
    )
    found = config_reading.settings(then, Configuration(said={}), {})
    rules = [s for s in found if s.name != PAUSED and table_of().get(s.name, "process") != "process"]
    return SettingBook(entries=_in_order(_entry(s, then.audits) for s in rules), settings=then.settings)


def _in_order(entries: Iterable[SettingEntry]) -> tuple[SettingEntry, ...]:
    """Return what an account begins with last: once it trades, none of that can be changed."""
    return tuple(sorted(entries, key=lambda entry: entry.section == NEW_ACCOUNT))


def _entry(setting: "Setting", audits: Sequence[AuditEvent] = ()) -> SettingEntry:
    field = known().get(setting.name)
    return SettingEntry(
        name=setting.name,
        section=setting.section,
        value=setting.value,
        default=setting.default,
        unit=setting.unit,
        limits=setting.limits,
        looser=field.metadata["looser"] if field is not None else "",
        about=setting.about,
        origin=setting.origin,
        fixed=_why_fixed(setting.name),
        is_private=setting.is_private,
        changes=tuple(_changes(setting.name, audits)),
    )


def _why_fixed(name: str) -> str:
    try:
        setting_words.require_changeable_here(name)
    except BadInput as error:
        return f"{error.message}; {error.hint}" if error.hint else error.message
    return ""


def _changes(name: str, audits: Sequence[AuditEvent]) -> list[SettingChange]:
    key = f"{_PREFIX}{name}"
    return [
        SettingChange(
            at=event.at,
            who=event.asked.who,
            origin=event.asked.origin,
            before=event.before.get(key, ""),
            after=event.after.get(key, ""),
        )
        for event in audits
        if event.asked.word is Word.SET and event.done and key in event.before
    ]


def _said_for_run(setting: "Setting") -> "Setting":
    return replace(setting, origin="default" if setting.value == setting.default else _FOR_THE_RUN)


def _paused(setting: "Setting", account: "Account", beat: "Heartbeat | None") -> "Setting":
    """Return whether entries are made: as the engine's heart has said last, or as a person has said since.

    The whole state would say it too, and is long.
    """
    from stonks_tui import config_origins

    trading, cause = (beat.trading.value, beat.cause) if beat else (TradingState.ACTIVE.value, "")
    said = next((e for e in account.audits if e.done and "trading" in e.after), None)
    if said is not None and (beat is None or said.at >= beat.at):
        trading, cause = said.after["trading"], said.after.get("cause", "")
    is_paused = trading != TradingState.ACTIVE
    by = config_origins.of_pause(account.audits, is_paused=is_paused)
    return replace(setting, value=is_paused, origin=str(by) if by else (cause or setting.origin))


def _said(name: str, said: "Configuration", differences: Mapping[str, str]) -> str:
    """Return what file and environment say of a setting, and what that means for the account."""
    from stonks_tui import config_differences

    if name not in said.said or name not in known():
        return ""
    one = said.said[name]
    line = _line_of(said.path, name) if said.path is not None and one.where.startswith(str(said.path)) else 0
    place = f"{one.origin} line {line}" if line else config_differences.place(name, one).removeprefix(f"{name} ")
    if name in differences:
        return f"{place} says {differences[name]}: stonks config apply has the engine take it"
    return f"{place} says the same"


def _line_of(path: Path, name: str) -> int:
    """Return the line of the file that says `name`, counted from 1; 0 when it is written in another way."""
    table = ""
    try:
        rows = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError:
        return 0
    for number, row in enumerate(rows, start=1):
        if header := _HEADER.match(row):
            table = header[1].strip()
        elif (key := _KEY.match(row)) and f"{table}.{key[1]}".replace('"', "").partition(".")[2] == name:
            return number
    return 0
