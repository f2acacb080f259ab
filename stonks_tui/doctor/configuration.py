"""Configuration: can be used what file and environment say, and does the account trade by what somebody meant?"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from engine import policy_mapping
from engine.errors import BadInput
from engine.model.notices import ALARMS, NoticeKind
from engine.model.portfolio import TradingState
from engine.policy import TradingPolicy
from engine.settings import Settings, known, masked
from stonks_tui import config_differences, config_environment, config_file, config_origins
from stonks_tui.config_said import Said
from stonks_tui.configuration import Configuration
from stonks_tui.doctor import cures, files
from stonks_tui.doctor.circumstances import Circumstances
from stonks_tui.doctor.findings import Answer, Section, fault, note, ok, warning
from stonks_tui.engine_status import Engine
from stonks_tui.reports.numbers import plural

_INPUTS = ("quotes", "recommendations", "signals", "macro_events")
_NAMED = 6
_OWN_WORDS = ("paused", "halted")
"""What is kept as the cause when nobody gives a reason."""


def file(c: Circumstances) -> Answer:
    """Can stonks.toml be read, and is everything in it known?"""
    try:
        path, said = _written(c)
    except BadInput as error:
        return fault(error.message, error.hint or "correct it, or name another file: STONKS_CONFIG, --config")
    if path is None:
        return ok(f"there is no {config_file.NAME}, and none is needed")
    return ok(f"{path} says {plural(len(said), 'setting')}")


def environment(c: Circumstances) -> Answer:
    """Is each variable of ours one that is known?"""
    try:
        said = config_environment.read(c.environment)
    except BadInput as error:
        return fault(f"the environment: {error.message}", f"unset it, or say it right: {error.hint}")
    return ok(f"the environment says {plural(len(said), 'setting')}")


def values(c: Circumstances) -> Answer:
    """Is each value of the right kind, and within its range?"""
    said = {**_written(c)[1], **config_environment.read(c.environment)}
    base = c.account.settings[0] if c.account.is_there else None
    try:
        c.said.settings(base)
    except BadInput as error:
        return fault(_in_part(said, error.message), error.hint or "correct it where it is said")
    return ok(f"{plural(len(c.said.said), 'value')} said, each of them possible")


def private(c: Circumstances) -> Answer:
    """Can nobody else write what the account begins with, or read whom it tells?"""
    path, said = _written(c)
    if path is None:
        return ok(f"there is no {config_file.NAME} that others could read")
    allowed = files.may_be_reached(path)
    if allowed & stat.S_IWOTH:
        return fault(f"others may write {path}", cures.modes("go-w", path))
    addresses = [name for name in said if name in known() and known()[name].metadata["private"]]
    if allowed & stat.S_IROTH and addresses:
        return warning(f"others may read {path}, with {', '.join(addresses)} in it", cures.modes("600", path))
    return ok(f"nobody else may write {path}")


def differences(c: Circumstances) -> Answer:
    """Do file and environment say what the account has? Else `stonks run` refuses to begin."""
    if not c.account.is_there:
        return ok("there is no account yet")
    record = c.account.record()
    kept, has_turns = c.account.settings
    if not has_turns:
        kept = Settings(policy=policy_mapping.from_mapping(record.policy))
    if fixed := c.said.fixed_differences(record.initial_capital, record.costs):
        words = "; ".join(config_differences.fixed_words(name, c.said, record) for name in fixed)
        return fault(f"{words}: stonks run refuses that", "leave it out: what an account began with cannot be changed")
    found = [d for d in c.said.differences(kept) if has_turns or d.name in record.policy]
    if not found:
        return ok("file and environment say nothing that the account does not have")
    words = "; ".join(config_differences.words(d) for d in found[:_NAMED]) + ("; …" if found[_NAMED:] else "")
    way = f"stonks config apply{c.where}" if c.account.is_led else f"stonks run{c.where} --on-difference apply"
    return fault(f"{words}: stonks run refuses that", f"say it no more, or have the account take it: {way}")


def risk(c: Circumstances) -> Answer:
    """How much of what it trades by is looser than the defaults?"""
    looser = config_differences.looser(c.settings.policy, TradingPolicy())
    if not looser:
        return ok("nothing lets the engine risk more than the defaults do")
    named = "; ".join(looser[:_NAMED]) + ("; …" if looser[_NAMED:] else "")
    return note(
        f"{plural(len(looser), 'setting')} looser than by default: {named}",
        f"to see who said so: stonks config show{c.where} --changed",
    )


def trading_state(c: Circumstances) -> Answer:
    """Has somebody stopped it, and when? Or has it stopped by itself?"""
    state = c.account.state if c.account.is_there else None
    if state is None:
        return ok("there is no account that trades yet")
    if state.trading is TradingState.ACTIVE:
        return ok("nobody has paused it")
    is_halted = state.trading is TradingState.HALTED
    stopped = "halted, so that nothing leaves, not even a stop" if is_halted else "paused, so that nothing is bought"
    cause, cure = state.trading_cause, f"to make entries again: stonks resume{c.where}"
    if cause in set(NoticeKind):
        if cause in ALARMS and c.account.status.engine is Engine.RUNNING:
            return ok("the engine has stopped entries by itself: see engine-troubles")
        return warning(f"only exits are made since {cause.replace('_', ' ')}", f"look into it; {cure}")
    by = config_origins.of_pause(c.account.words(), is_paused=True)
    why = f": {cause}" if cause and cause not in _OWN_WORDS else ""
    return warning(f"{stopped}, by {by or 'somebody'}{why}", cure)


def enabled(c: Circumstances) -> Answer:
    """Is it to take entries at all?"""
    if c.settings.policy.enabled:
        return ok("entries are to be taken")
    words = "enabled is off: no entry is made, whatever is recommended"
    if not c.account.is_there:
        return warning(words, "leave enabled out where it is said, before the account begins")
    return warning(words, cures.configured(c, "enabled=yes", why="to make entries"))


def inputs(c: Circumstances) -> Answer:
    """Are the files there from which prices and recommendations are to come, and can the log be written?"""
    named = {name: path for name in _INPUTS if (path := c.said.path_of(name))}
    wrong = [f"{name} is {path}, {why}" for name, path in named.items() if (why := _unreadable(path))]
    if (log := c.said.path_of("log_file")) and not _may_be_written(log):
        wrong.append(f"log_file is {log}, which may not be written")
    if wrong:
        cure = "is whoever writes it at work? else name another, in " + _places(c.said, wrong)
        return warning("; ".join(wrong), cure)
    return ok(
        f"{plural(len(named), 'file')} of input named, each there" if named else "none is named: market.db is read"
    )


def _written(c: Circumstances) -> tuple[Path | None, dict[str, Said]]:
    """Return the file that is read, if there is one, and what it says. Raises BadInput for one that cannot be used."""
    path = config_file.path_of(None, c.environment, c.folder)
    return path, config_file.read(path, origin=config_file.origin_of(path, c.folder)) if path else {}


def _in_part(said: Mapping[str, Said], message: str) -> str:
    """Return a message about what was said with addresses, whole or not, only in part."""
    for name, one in said.items():
        if name in known() and known()[name].metadata["private"]:
            addresses = one.value if isinstance(one.value, list) else str(one.value).split(",")
            for address in filter(None, (str(part).strip() for part in addresses)):
                message = message.replace(address, masked(address))
    return message


def _unreadable(path: Path) -> str:
    if not path.exists():
        return "which is not there"
    may = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
    return "" if os.access(path, may) else "which you may not read"


def _may_be_written(log: Path) -> bool:
    """May the file be written, or be made with all folders that lack?"""
    if log.exists():
        return log.is_file() and os.access(log, os.W_OK)
    place = next(folder for folder in log.absolute().parents if folder.exists())
    return os.access(place, os.W_OK | os.X_OK)


def _places(said: Configuration, wrong: list[str]) -> str:
    """Return where the names were said with which `wrong` begins."""
    return ", ".join(dict.fromkeys(said.said[words.partition(" ")[0]].where for words in wrong))


SECTION = Section(
    name="configuration",
    checks={
        "config-file": file,
        "config-environment": environment,
        "config-values": values,
        "config-private": private,
        "config-differences": differences,
        "config-risk": risk,
        "trading-state": trading_state,
        "trading-enabled": enabled,
        "input-files": inputs,
    },
)
