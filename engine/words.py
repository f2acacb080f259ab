"""Words: what do a person's words ask of the core, and what did they change?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from engine.decision.effects import Effect, RecordNotice
from engine.decision.events import (
    BreakerCleared,
    BreakerSet,
    CloseAsked,
    Command,
    NotificationAsked,
    NotificationsSet,
    PolicySet,
    ReserveAdjusted,
    TierSet,
    TradingStateSet,
)
from engine.decision.state import State
from engine.errors import BadInput
from engine.model.audit import Asked, Word
from engine.model.money import Money, from_text, usd
from engine.model.notices import NoticeKind
from engine.model.notifications import NotificationChannel
from engine.model.portfolio import RiskTierName, TradingState
from engine.settings import Settings, as_mapping, from_mapping, shown

_TAKES: Mapping[Word, frozenset[str]] = {
    Word.TIER: frozenset({"name"}),
    Word.BREAKER: frozenset({"note"}),
    Word.CLEAR: frozenset({"breaker"}),
    Word.RESERVE: frozenset({"amount", "note"}),
    Word.CLOSE: frozenset({"ticker"}),
    Word.PAUSE: frozenset({"note"}),
    Word.HALT: frozenset({"note"}),
}
_OPTIONAL = frozenset({"note"})


def commands(asked: Asked, state: State, settings: Settings, at: datetime) -> tuple[Command, ...]:
    """Return what `asked` asks of the core, in order. Raises BadInput, in words, for what nobody can do."""
    _require_arguments(asked)
    said = asked.arguments
    if asked.word is Word.SET:
        return tuple(_set(from_mapping(said, settings), settings, at))
    if asked.word is Word.NOTIFY and not any(map(settings.notifications.is_enabled, NotificationChannel)):
        raise BadInput("no channel is on", hint="stonks config set email_enabled=yes gmail_sender=… gmail_recipient=…")
    if asked.word is Word.CLOSE_ALL:
        held = [ticker for ticker in state.positions if not state.is_exiting(ticker)]
        return tuple(CloseAsked(at=at, ticker=ticker) for ticker in held)
    command = _command(asked.word, said, at)
    return (command,) if command else ()


def standing(state: State, settings: Settings) -> dict[str, str]:
    """Return what a person's words can change, by name: the same before and after but for what a word changed."""
    trading, cause = state.standing()
    return {
        "trading": trading.value,
        "cause": cause,
        "tier": state.tier.value,
        "reserve": usd(state.reserve),
        **{f"breaker.{b.breaker_id}": b.trigger.value for b in state.breakers.values()},
        **{f"closing.{ticker}": order.client_order_id for ticker, order in sorted(state.agenda.closing.items())},
        **{f"planned.{ticker}": f"{entry.remaining} shares" for ticker, entry in sorted(state.agenda.entries.items())},
        **{f"setting.{name}": str(value) for name, value in as_mapping(settings).items()},
    }


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is in one and not, or otherwise, in the other: as it was, and as it is."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return (
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


def refusal(effects: Sequence[Effect]) -> str:
    """Return why the core did not do what it was told, empty when it did."""
    refused = (
        e.notice.note for e in effects if isinstance(e, RecordNotice) and e.notice.kind is NoticeKind.COMMAND_REFUSED
    )
    return next(refused, "")


def done(asked: Asked, after: Mapping[str, str]) -> str:
    """Return in words what was done; `after` is what is different now."""
    return _DONE[asked.word](asked.arguments) + ("" if after or asked.word is Word.NOTIFY else ", as it was before")


_DONE: Mapping[Word, Callable[[Mapping[str, str]], str]] = {
    Word.STATUS: lambda _: "running",
    Word.STOP: lambda _: "stopping",
    Word.PAUSE: lambda _: "entries are paused; exits are managed",
    Word.RESUME: lambda _: "entries are made again, as far as breakers allow",
    Word.HALT: lambda _: "halted: nothing leaves, not even a stop, until somebody resumes",
    Word.TIER: lambda said: f"the tier is {said['name'].lower()}",
    Word.BREAKER: lambda _: "the manual breaker is on: exits only until somebody clears it",
    Word.CLEAR: lambda said: f"breaker {said['breaker']} is cleared",
    Word.RESERVE: lambda said: f"the reserve was changed by ${said['amount']}",
    Word.CLOSE: lambda said: f"{said['ticker'].upper()} is being closed",
    Word.CLOSE_ALL: lambda _: "every position is being closed",
    Word.SET: lambda said: ", ".join(f"{name} is {shown(name, value) or 'empty'}" for name, value in said.items()),
    Word.NOTIFY: lambda _: "a test is on its way by every channel that is on",
}


def _command(word: Word, said: Mapping[str, str], at: datetime) -> Command | None:
    match word:
        case Word.PAUSE:
            return TradingStateSet(at=at, state=TradingState.REDUCING, cause=said.get("note") or "paused")
        case Word.HALT:
            return TradingStateSet(at=at, state=TradingState.HALTED, cause=said.get("note") or "halted")
        case Word.RESUME:
            return TradingStateSet(at=at, state=TradingState.ACTIVE, cause="")
        case Word.TIER:
            return TierSet(at=at, tier=_tier(said["name"]))
        case Word.BREAKER:
            return BreakerSet(at=at, note=said.get("note", ""))
        case Word.CLEAR:
            return BreakerCleared(at=at, breaker_id=said["breaker"])
        case Word.RESERVE:
            return ReserveAdjusted(at=at, amount=_amount(said["amount"]), note=said.get("note", ""))
        case Word.CLOSE:
            return CloseAsked(at=at, ticker=said["ticker"].upper())
        case Word.NOTIFY:
            return NotificationAsked(at=at)
        case _:
            return None


def _set(wanted: Settings, settings: Settings, at: datetime) -> Iterator[Command]:
    """What no decision depends on is set apart from the rules. What is as it was already is set too, and said so."""
    if wanted.notifications != settings.notifications:
        yield NotificationsSet(at=at, settings=wanted.notifications)
    if wanted.policy != settings.policy or wanted == settings:
        yield PolicySet(at=at, policy=wanted.policy)


def _require_arguments(asked: Asked) -> None:
    if asked.word is Word.SET:
        if not asked.arguments:
            raise BadInput("no setting is named", hint="for example max_open_positions=8")
        return
    takes = _TAKES.get(asked.word, frozenset())
    if unknown := sorted(asked.arguments.keys() - takes):
        raise BadInput(f"{asked.word} takes no {unknown[0]!r}")
    if missing := sorted(takes - _OPTIONAL - {name for name, value in asked.arguments.items() if value}):
        article = "an" if missing[0][0] in "aeiou" else "a"
        raise BadInput(f"{asked.word} needs {article} {missing[0]}")


def _tier(name: str) -> RiskTierName:
    try:
        return RiskTierName(name.lower())
    except ValueError:
        raise BadInput(f"there is no tier {name!r}", hint=f"there are {', '.join(RiskTierName)}") from None


def _amount(text: str) -> Money:
    try:
        return from_text(text)
    except ValueError:
        raise BadInput(f"{text!r} is no amount", hint="dollars, such as 500 or -250.50") from None
