"""Configuration origins: who said that a setting of an account is what it is, and when?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.model.audit import AuditEvent, Word
from stonks_tui.config_said import DEFAULT, origin_words

ORIGIN = "origin."
"""Before the name of a setting: what an audit says of where each came from, if not all came from one place."""
BEGAN = "a new account"
"""With these words the audit of a beginning begins."""
_STATE_WORDS = (Word.PAUSE, Word.RESUME, Word.HALT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value came from; `who` and `at` of one that was changed while the account traded."""

    place: str
    who: str = ""
    at: datetime | None = None

    def __str__(self) -> str:
        """Return it in words, such as `alice (cli), 2026-11-26 14:03 UTC`."""
        return self.place if self.at is None else f"{self.who or 'somebody'} ({self.place}), {moment(self.at)}"


UNSAID = Origin(place=DEFAULT)


def moment(at: datetime) -> str:
    """Return a moment to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def of(audits: Sequence[AuditEvent]) -> dict[str, Origin]:
    """Return the origin of each setting that was ever said, by its name; `audits` are newest first."""
    found: dict[str, Origin] = {}
    for event in reversed(audits):
        if event.asked.word is Word.SET and event.done:
            found |= {name: _origin(name, event) for name in _changed(event.after)}
    return found


def of_pause(audits: Sequence[AuditEvent], *, is_paused: bool) -> Origin | None:
    """Return who set last whether entries are made; `audits` are newest first.

    None when nobody has, and when it `is_paused` although the last word was to resume: that was no person.
    """
    for event in audits:
        if event.asked.word in _STATE_WORDS and event.done:
            if is_paused and event.asked.word is Word.RESUME:
                return None
            return Origin(place=event.asked.origin, who=event.asked.who, at=event.at)
    return None


def _changed(after: Mapping[str, str]) -> list[str]:
    """Return the names of the settings that `after` is about: an account begins with some that never change."""
    said = [key.removeprefix("setting.") for key in after if key.startswith("setting.")]
    return said + [key.removeprefix(ORIGIN) for key in after if key.startswith(ORIGIN)]


def _origin(name: str, event: AuditEvent) -> Origin:
    place = origin_words(name, event.after.get(f"{ORIGIN}{name}", event.asked.origin))
    if event.words.startswith(BEGAN):
        return Origin(place=place)
    return Origin(place=place, who=event.asked.who, at=event.at)
