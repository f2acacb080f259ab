"""Account start: how is it kept by which settings an account begins, and what is taken over at a later start?

A new account has all of its settings with its first turn, whole or not at all, and where each came from in the audit of
that turn. What is taken over later is a word like any other.
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

from engine import words
from engine.adapters import peers
from engine.decision.effects import Effect
from engine.decision.events import PolicySet
from engine.errors import Unavailable
from engine.model.audit import Asked, AuditEvent, Word
from engine.model.costs import CostModel
from engine.model.money import Money
from engine.obedience import obey
from engine.settings import Settings, as_mapping
from engine.trader import Trader
from stonks_tui.config_origins import BEGAN, ORIGIN
from stonks_tui.start_settings import COSTS, START_SETTINGS

SETTING = "setting."


class Beginning(Protocol):
    """What an account begins with; `origins` says where each name that was said came from (`stonks.toml`).

    One that `takes_over` is there already: what `origins` names is set at its next start.
    """

    @property
    def settings(self) -> Settings: ...
    @property
    def capital(self) -> Money: ...
    @property
    def costs(self) -> CostModel: ...
    @property
    def origins(self) -> Mapping[str, str]: ...
    @property
    def takes_over(self) -> bool: ...


class AccountStart:
    """Keeps the beginning of an account, once."""

    def __init__(self, beginning: Beginning) -> None:
        self._beginning = beginning
        self._is_over = not beginning.origins

    async def keep(self, trader: Trader, at: datetime) -> None:
        """Have `trader` take it as its first turn, or as its next ones, unless it has done so.

        Raises Unavailable when the account refuses, and what the store raises; then it has not happened.
        """
        if self._is_over:
            return
        if not trader.seq:
            event = PolicySet(at=at, policy=self._beginning.settings.policy)
            await trader.take(event, partial(_audit, trader, self._beginning, event))
        elif self._beginning.takes_over:
            await trader.recover()  # when the last turn was is known from then on
            answered = await obey(trader, _asked(self._beginning), trader.not_before(at))
            if not answered.done:
                raise Unavailable(answered.words)
        self._is_over = True


def _audit(trader: Trader, beginning: Beginning, event: PolicySet, _: Sequence[Effect]) -> AuditEvent:
    asked = _asked(beginning)
    return AuditEvent(
        at=event.at,
        asked=asked,
        done=True,
        words=f"{BEGAN}, with settings from {asked.origin}",
        before=_before(trader, beginning),
        after=_after(trader, beginning),
    )


def _asked(beginning: Beginning) -> Asked:
    texts = _texts(beginning)
    return Asked(
        word=Word.SET,
        arguments={name: _as_typed(texts[name]) for name in beginning.origins},
        who=peers.name_of(os.getuid()),
        origin=" and ".join(dict.fromkeys(beginning.origins.values())),
    )


def _texts(beginning: Beginning) -> dict[str, str]:
    """Return every value that an account begins with as it is written."""
    began = {"capital": beginning.capital, **{name: getattr(beginning.costs, name) for name in COSTS}}
    return {
        **{name: START_SETTINGS[name].shown(value) for name, value in began.items()},
        **{name: str(value) for name, value in as_mapping(beginning.settings).items()},
    }


def _as_typed(text: str) -> str:
    return {"True": "yes", "False": "no"}.get(text, text)


def _before(trader: Trader, beginning: Beginning) -> dict[str, str]:
    standing = words.standing(trader.state, Settings())
    never_change = {name: setting.shown(setting.default) for name, setting in START_SETTINGS.items()}
    return _of_names({**standing, **never_change}, beginning.origins)


def _after(trader: Trader, beginning: Beginning) -> dict[str, str]:
    standing = words.standing(trader.state, beginning.settings)
    now = _of_names({**standing, **_texts(beginning)}, beginning.origins)
    return {**now, **{f"{ORIGIN}{name}": origin for name, origin in beginning.origins.items()}}


def _of_names(values: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    """Return of `values` those of settings in `names`, under the keys by which an audit names them."""
    keys = [name if name in START_SETTINGS else f"{SETTING}{name}" for name in names]
    return {key: values[key] for key in keys}
