"""Obedience: how does a person's word take effect, and how is it written down who said it?"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from engine import words
from engine.decision.effects import Effect
from engine.decision.events import Command
from engine.errors import StonksError
from engine.live_account import settings_after
from engine.model.audit import Answered, Asked, AuditEvent
from engine.trader import Trader


async def obey(trader: Trader, asked: Asked, at: datetime) -> Answered:
    """Have the account do what is `asked`, each command in a turn of its own with its audit, and say what came of it.

    What nobody can do, and what could not be kept, is answered in words; then nothing, or only what was kept before,
    has happened.
    """
    try:
        commands = words.commands(asked, trader.state, trader.settings, at)
        kept: list[AuditEvent] = []
        for command in commands:
            await trader.take(command, partial(_audit, kept, trader, asked, command, _standing(trader)))
    except StonksError as error:
        return Answered(done=False, words=f"{error.message}: {error.hint}" if error.hint else error.message)
    if not kept:
        return Answered(done=False, words="there is nothing to be done")
    refused = [event for event in kept if not event.done]
    was = {name: value for event in reversed(kept) for name, value in event.before.items()}
    now = {name: value for event in kept for name, value in event.after.items()}
    return Answered(done=not refused, words=(refused or kept)[0].words, before=was, after=now)


def _standing(trader: Trader) -> dict[str, str]:
    return words.standing(trader.state, trader.settings)


def _audit(
    kept: list[AuditEvent],
    trader: Trader,
    asked: Asked,
    command: Command,
    before: dict[str, str],
    effects: Sequence[Effect],
) -> AuditEvent:
    was, now = words.changed(before, words.standing(trader.state, settings_after(command, trader.settings)))
    refused = words.refusal(effects)
    event = AuditEvent(
        at=command.at,
        asked=asked,
        done=not refused,
        words=refused or words.done(asked, now),
        before=was,
        after=now,
    )
    kept.append(event)
    return event
