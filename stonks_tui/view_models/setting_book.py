"""Setting book: what is known of the settings of a run, or of an account at some moment?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.policy_mapping import Value
from engine.setting_fields import Looser
from engine.settings import Settings, masked


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """A change that a person made: `who` from where (`origin`), and the values as the audit has them."""

    at: datetime
    who: str
    origin: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingEntry:
    """One setting. `limits` are words for its range, `origin` for who said that it is so.

    `said` is what file or environment say of it now, with the place, when they say anything. `fixed` is why it cannot
    be changed while an account trades, empty when it can. `changes` are newest first.
    """

    name: str
    section: str
    value: Value
    default: Value
    unit: str = ""
    limits: str = ""
    looser: Looser = ""
    about: str = ""
    origin: str = ""
    said: str = ""
    fixed: str = ""
    is_private: bool = False
    changes: tuple[SettingChange, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Is it not at its default?"""
        return self.value != self.default

    def text(self, *, revealed: bool = False) -> str:
        """Return the value as `:set` takes it; an address only in part unless it is to be `revealed`."""
        return self._shown(written(self.value), revealed=revealed)

    def values_of(self, change: SettingChange, *, revealed: bool = False) -> tuple[str, str]:
        """Return what a change made of what."""
        texts = {"True": "yes", "False": "no"}
        before, after = (
            self._shown(texts.get(text, text), revealed=revealed) for text in (change.before, change.after)
        )
        return before, after

    def _shown(self, text: str, *, revealed: bool) -> str:
        return masked(text) if self.is_private and not revealed else text


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingBook:
    """All of them, section after section. `settings` are those of an account, against which a new value is checked.

    `problem` is why file and environment could not be read, empty when they could.
    """

    entries: tuple[SettingEntry, ...] = ()
    settings: Settings = Settings()
    problem: str = ""

    def entry(self, name: str | None) -> SettingEntry | None:
        """Return the setting of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)


def written(value: Value) -> str:
    """Return a value as a person would type it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def fitting(entries: Sequence[SettingEntry], wanted: str, *, only_changed: bool) -> list[SettingEntry]:
    """Return the entries in whose name, section or words each word of `wanted` is found."""
    return [e for e in entries if (e.is_changed or not only_changed) and _fits(e, wanted)]


def _fits(entry: SettingEntry, wanted: str) -> bool:
    text = f"{entry.name} {entry.name.replace('_', ' ')} {entry.section} {entry.about} {entry.unit}".casefold()
    return all(word in text for word in wanted.casefold().split())
