"""Run form: what is asked of a person who wants a backtest, is it all right, and which command does it come to?"""

import csv
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import BadInput
from engine.policy import TradingPolicy
from stonks_tui import data_dir as data_dirs
from stonks_tui import run_options

IMPORTED = "imported"
"""The data that `stonks import` brought."""
QUOTES = "quotes"
"""Stands before files that hold quotes instead of bars."""
DEMO_DIR = "demo"
"""The folder in the data directory in which `stonks demo` keeps its runs (stonks_tui/demo_run.py)."""

_DEMO = re.compile(r"demo(?:\s+([0-9]{1,19}))?", re.ASCII | re.IGNORECASE)
_NEARLY_A_DEMO = re.compile(r"demo\s+[-+]?\w+", re.IGNORECASE)
_DEMO_SEED = "7"
_LARGEST_SEED = 2**63 - 1  # a column of a run's file holds no more


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One line of the form. `hint` says what may stand there; `choices` are all there is, if there are any."""

    name: str
    label: str
    hint: str
    choices: tuple[str, ...] = ()


FIELDS = (
    FormField(name="data", label="Data", hint="demo 7 | imported | price files (CSV, Parquet), with commas between"),
    FormField(name="recommendations", label="Recommend.", hint="files of recommendations"),
    FormField(name="sectors", label="Sectors", hint="files with the sector of each ticker; may be empty"),
    FormField(name="timezone", label="Time zone", hint="of moments without one: UTC, America/New_York; may be empty"),
    FormField(name="start", label="Start", hint="2017-03-31; empty: the first of the prices"),
    FormField(name="end", label="End", hint="2019-12-31; empty: the last of the prices"),
    FormField(name="capital", label="Capital", hint="dollars; empty: 100,000"),
    FormField(name="tier", label="Tier", hint="empty: moderate", choices=run_options.TIERS),
    FormField(name="slippage", label="Slippage", hint="basis points; empty: 5 (0.05 %)"),
    FormField(name="settings", label="Settings", hint="max_open_positions=5 and others, with blanks between"),
    FormField(name="name", label="Name", hint="to find the run by; may be empty"),
)

_NOT_IN_A_DEMO = {
    "recommendations": "a made-up market has its own recommendations",
    "sectors": "a made-up market has its own sectors",
    "timezone": "a made-up market is in New York",
    "start": "a made-up market is simulated from its first day",
    "end": "a made-up market is simulated to its last day",
    "settings": "a made-up market is run with the default settings",
    "name": "a made-up market is named by its seed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was filled in, by the names of FIELDS; what is missing is empty.

    `reading` and `costs` are arguments of an earlier run that have no line of their own: how its files were read and
    which further files there were, how its stops were looked at, its commissions. They are shown in the command line.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    reading: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """Return what stands in a field, without the blanks around it."""
        return self.values.get(name, "").strip()

    def changed(self, name: str, text: str) -> "Form":
        """Return the form with `text` in the field `name`."""
        return Form(values={**self.values, name: text}, reading=self.reading, costs=self.costs)

    @property
    def seed(self) -> int | None:
        """The seed of the made-up market, None when the data are others."""
        found = _DEMO.fullmatch(self.value("data"))
        return None if found is None else int(found[1] or _DEMO_SEED)

    @property
    def prices(self) -> tuple[str, str]:
        """What kind of files the prices are in, and the files."""
        kind, _, rest = self.value("data").partition(" ")
        return (QUOTES, rest.strip()) if kind == QUOTES and rest.strip() else ("bars", self.value("data"))

    @property
    def is_of_files(self) -> bool:
        """Are the prices in files of their own?"""
        return self.seed is None and self.value("data").casefold() != IMPORTED


def default(mode: str) -> Form:
    """Return the form as it is at first, for an app whose badge is `mode`."""
    data = f"demo {_DEMO_SEED}" if mode == "DEMO" else IMPORTED
    return Form(values={"data": data, "capital": "100000", "tier": "moderate", "slippage": "5"})


def paths(form: Form) -> Mapping[str, tuple[Path, ...]]:
    """Return the files that the form names, by field, so that whoever may look can see whether they are there."""
    found = {name: _paths(form.value(name)) for name in ("recommendations", "sectors")}
    return {"data": _paths(form.prices[1]) if form.is_of_files else (), **found}


def check(form: Form, data_dir: Path | None = None) -> Mapping[str, str]:
    """Return what is wrong, by field; nothing when the run can be asked for. Whether files are there is not looked at.

    With the app's `data_dir`, a made-up market is refused where its run would be kept out of the app's sight.
    """
    wrong = _not_of_this_data(form)
    for name, rule in _RULES.items():
        if (text := form.value(name)) and name not in wrong and (why := _refusal(rule, text)):
            wrong[name] = why
    if form.value("start") and form.value("end") and not wrong.keys() & {"start", "end"}:
        days = (run_options.day_of(form.value(name)) for name in ("start", "end"))
        if why := _refusal(run_options.require_order, *days):
            wrong["end"] = why
    if form.seed is not None and data_dir is not None and data_dir.name != DEMO_DIR:
        wrong["data"] = "made-up markets are kept apart from real data: run `stonks demo`"
    wrong |= {f.name: "a letter in it cannot be printed" for f in FIELDS if not form.value(f.name).isprintable()}
    return {f.name: wrong[f.name] for f in FIELDS if f.name in wrong}


def safe(path: Path) -> str:
    """Return the path so that it does not look like an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def arguments(form: Form, data_dir: Path) -> tuple[str, ...]:
    """Return what comes after `stonks`. `data_dir` is the folder that the app shows, with `runs` in it."""
    return (*_words(form), "--data-dir", str(_given(form, data_dir)))


def command_line(form: Form, data_dir: Path) -> str:
    """Return the command as a person would type it."""
    return f"stonks {shlex.join(_words(form))}{data_dirs.option(_given(form, data_dir))}"


def _given(form: Form, data_dir: Path) -> Path:
    """`stonks demo` goes into a folder of its own below the one that it is given."""
    return data_dir.parent if form.seed is not None and data_dir.name == DEMO_DIR else data_dir


def _words(form: Form) -> tuple[str, ...]:
    common = tuple(word for name in ("capital", "tier") for word in _option(name, form.value(name)))
    if form.seed is not None:
        return ("demo", "--backtest", *_option("seed", str(form.seed)), *common, "--no-ui")
    named = paths(form)
    files = {form.prices[0]: named["data"], "recommendations": named["recommendations"], "sectors": named["sectors"]}
    return (
        "backtest",
        "run",
        *(word for kind, found in files.items() if found for word in (f"--{kind}", *map(safe, found))),
        *(form.reading if form.is_of_files else ()),
        *_option("timezone", form.value("timezone")),
        *(word for name in ("start", "end") for word in _option(name, form.value(name))),
        *common,
        *_option("slippage-bps", form.value("slippage")),
        *form.costs,
        *(word for pair in form.value("settings").split() for word in _option("set", pair)),
        *_option("name", form.value("name")),
    )


def _option(name: str, value: str) -> tuple[str, ...]:
    if value.startswith("-"):  # which would look like an option by itself
        return (f"--{name}={value}",)
    return (f"--{name}", value) if value else ()


def _paths(text: str) -> tuple[Path, ...]:
    """Return the paths in `text`: commas between them, quotes around one that has a comma in it."""
    try:
        found = next(csv.reader([" ".join(text.splitlines())], skipinitialspace=True), [])
    except csv.Error:
        found = [text]
    return tuple(_at_home(word.strip()) for word in found if word.strip())


def _at_home(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:  # nobody knows where that home is
        return Path(text)


def _not_of_this_data(form: Form) -> dict[str, str]:
    """Return what cannot be said of such data, or has to be."""
    if form.seed is not None:
        wrong = {name: f"leave it empty: {why}" for name, why in _NOT_IN_A_DEMO.items() if form.value(name)}
        if form.value("slippage") not in ("", "5"):
            wrong["slippage"] = "it is 5 in a made-up market"
        return wrong
    if not form.is_of_files:
        there = {name: f"leave it empty: the imported {name} are used" for name in ("recommendations", "sectors")}
        there["timezone"] = "leave it empty: the imported moments have theirs"
        return {name: why for name, why in there.items() if form.value(name)}
    if not form.value("data"):
        return {"data": "write imported, demo 7, or a path"}
    return {} if paths(form)["recommendations"] else {"recommendations": "name a file: without, nothing is decided"}


def _refusal(rule: Callable[..., object], *what: object) -> str:
    """Return in words why `rule` refuses, nothing when it does not."""
    try:
        rule(*what)
    except BadInput as error:
        return f"{error.message}; {error.hint}".replace("--", "")
    return ""


def _check_data(text: str) -> None:
    form = Form(values={"data": text})
    if form.seed is not None and form.seed > _LARGEST_SEED:
        raise BadInput("the seed is too large", hint="write it like demo 7")
    if form.seed is None and _NEARLY_A_DEMO.fullmatch(text):
        raise BadInput(f"{text} is no made-up market", hint="write it like demo 7")
    if form.is_of_files and not paths(form)["data"]:
        raise BadInput("no file is named", hint="write imported, demo 7, or a path")


def _check_tier(text: str) -> None:
    if text not in run_options.TIERS:
        raise BadInput(f"there is no tier {text}", hint=f"one of {', '.join(run_options.TIERS)}")


def _check_slippage(text: str) -> None:
    try:
        points = float(text)
    except ValueError as error:
        raise BadInput(f"{text} is no number", hint="basis points, such as 5 for 0.05 %") from error
    run_options.require_cost("slippage_bps", points)


def _check_timezone(text: str) -> None:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"there is no time zone {text}", hint="write it like America/New_York, or UTC") from error


def _check_settings(text: str) -> None:
    run_options.with_settings(TradingPolicy(), text.split())


_RULES: Mapping[str, Callable[[str], object]] = {
    "data": _check_data,
    "timezone": _check_timezone,
    "start": run_options.day_of,
    "end": run_options.day_of,
    "capital": run_options.capital_of,
    "tier": _check_tier,
    "slippage": _check_slippage,
    "settings": _check_settings,
}
