"""Steering: what is a person asked before the engine is told something, and may it still be told a moment later?

The ladder of danger: what lowers the risk is done at once, what raises it wants `y`, what is hard to reverse wants its
word typed. What was shown must still be so when it was answered.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from engine.model.audit import Asked, Word
from engine.model.money import from_text, usd
from engine.model.portfolio import PositionMark, RiskTierName
from engine.settings import known, shown
from stonks_tui.reports.numbers import percent, plural
from stonks_tui.view_models import acting
from stonks_tui.view_models.standing import Rehearsal, Standing
from stonks_tui.view_models.text import Line, Mood, cells, line, wrapped

YES = "y"
_NONE = "–"
_SETTING = "setting."
"""Before the name of a setting in what the audit says."""
_ORDERS = "closing."
"""Begins what is being sold, by the order's id: the sentences have said what is sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked before `asked` is said.

    `sentences` say what will happen, `changes` are name, before and after as the audit will have them. `consent` is
    what a person has to type; `goes` completes "y …". `basis` is what the question rests on, by name.
    """

    title: str
    sentences: tuple[str, ...]
    consent: str
    goes: str
    asked: Asked
    changes: tuple[tuple[str, str, str], ...] = ()
    basis: Mapping[str, str]

    def lines(self, columns: int) -> tuple[Line, ...]:
        """Return what will happen, in lines of at most `columns`."""
        found = [line(piece) for text in self.sentences for piece in wrapped(text, columns)]
        widest = max((cells(name) for name, _, _ in self.changes), default=0)
        for name, before, after in self.changes:
            text = f"{name.ljust(widest)}  {before or _NONE} → {after or _NONE}"
            found += [line((piece, Mood.ACCENT)) for piece in wrapped(text, columns, indent="  ")]
        return tuple(found)

    def answers(self) -> Line:
        """Return how to answer. Cancel has the focus: Enter alone does nothing."""
        cancel = (("[ Cancel ]", Mood.REVERSED), "   ")
        if self.consent == YES:
            return line(*cancel, (YES, Mood.KEY), f" {self.goes}")
        return line(*cancel, "type ", (self.consent, Mood.KEY), f" to {self.goes}:")


def needs_asking(asked: Asked, standing: Standing, rehearsal: Rehearsal) -> bool:
    """Is a person asked first? Not where the risk becomes less."""
    match asked.word:
        case Word.SET:
            return bool(rehearsal.looser)
        case Word.TIER:
            order = list(RiskTierName)
            return order.index(RiskTierName(asked.arguments["name"])) > order.index(standing.tier)
        case Word.RESERVE:
            return from_text(asked.arguments["amount"]) < 0
        case Word.PAUSE | Word.BREAKER:
            return False
        case _:
            return True


def question(asked: Asked, standing: Standing, rehearsal: Rehearsal) -> Question:
    """Return what a person is asked before `asked` is said to the engine."""
    title, sentences, consent, goes = _asking(asked, standing)
    return Question(
        title=title,
        sentences=sentences,
        consent=consent,
        goes=goes,
        asked=asked,
        changes=tuple(_change(*change) for change in rehearsal.changes if not change[0].startswith(_ORDERS)),
        basis=basis(asked, standing),
    )


def stopping(asked: Asked) -> Question:
    """Return what a person is asked before an engine is stopped of whose account nothing can be read."""
    return Question(
        title="Stop the engine", sentences=(STOPPED,), consent="stop", goes="stop it", asked=asked, basis={}
    )


def _asking(asked: Asked, standing: Standing) -> tuple[str, tuple[str, ...], str, str]:
    said = asked.arguments
    match asked.word:
        case Word.RESUME:
            return "Resume entries", (_resumed(standing),), YES, "makes entries again"
        case Word.TIER:
            wanted = RiskTierName(said["name"])
            return f"Tier up to {wanted}", _bolder(wanted, standing), YES, f"takes the tier {wanted}"
        case Word.RESERVE:
            return "Out of the reserve", _freed(said["amount"], standing), YES, "moves it"
        case Word.CLOSE:
            return f"Sell {said['ticker']}", closing(standing, said["ticker"]), said["ticker"], "sell it"
        case Word.CLOSE_ALL:
            return "Sell everything", _closing_all(standing), "close all", "sell everything"
        case Word.CLEAR:
            return f"Clear breaker {said['breaker']}", _cleared(said["breaker"], standing), "clear", "end it"
        case Word.SET:
            return f"Loosen {_names(said)}", tuple(_loosened(said)), YES, "has it so"
        case Word.HALT:
            return "Halt", (HALTED, _held(standing)), "halt", "halt"
        case _:
            return "Stop the engine", (STOPPED, _held(standing)), "stop", "stop it"


HALTED = (
    "Nothing leaves any more, not even a stop, until somebody resumes. Orders that wait at the broker are cancelled."
)
STOPPED = "The engine ends. What is held stays held, and nobody watches its stops until an engine runs again."


def _resumed(standing: Standing) -> str:
    cause = standing.says.get("cause", "")
    why = f" It stands at {standing.says['trading']} now{f': {cause}' if cause else ''}."
    return f"Entries are made again, as far as breakers allow.{why}".replace("_", " ")


def _change(name: str, before: str, after: str) -> tuple[str, str, str]:
    """Return a change as anybody may see it: a setting by its name alone."""
    setting = name.removeprefix(_SETTING)
    return (name, before, after) if setting == name else (setting, _said(setting, before), _said(setting, after))


def _said(setting: str, text: str) -> str:
    return {"True": "yes", "False": "no"}.get(text) or shown(setting, text)


def _names(settings: Collection[str]) -> str:
    return plural(len(settings), "setting") if len(settings) > 1 else "".join(settings)


def _loosened(settings: Collection[str]) -> Iterator[str]:
    yield "The engine may then risk more than it does now, from the next event on."
    yield from (f"{name}: {known()[name].metadata['about']}." for name in settings if name in known())


def _bolder(wanted: RiskTierName, standing: Standing) -> tuple[str, ...]:
    now, then = standing.policy.tiers[standing.tier], standing.policy.tiers[wanted]
    position = f"{percent(then.max_position_pct, places=0)} instead of {percent(now.max_position_pct, places=0)}"
    heat = f"{percent(then.max_portfolio_heat, places=1)} instead of {percent(now.max_portfolio_heat, places=1)}"
    stops = f"{then.stop_loss_atr_multiplier:g} ATR away instead of {now.stop_loss_atr_multiplier:g}"
    return (
        f"Positions take up to {position} of the pool, heat goes up to {heat}.",
        f"Confidence counts from {then.min_confidence:.2f} instead of {now.min_confidence:.2f}; stops are {stops}.",
    )


def _freed(amount: str, standing: Standing) -> tuple[str, ...]:
    moved, pool = -from_text(amount), standing.active_pool
    reserve = f"Reserve {usd(standing.reserve)} → {usd(standing.reserve - moved)}"
    return (
        f"${usd(moved)} that were put out of the engine's reach are traded with again.",
        f"{reserve}, active pool {usd(pool)} → {usd(pool + moved)}.",
    )


def closing(standing: Standing, ticker: str) -> tuple[str, ...]:
    """Return what it means to close the position in `ticker`."""
    held = standing.position(ticker)
    if held is None:
        return (f"{ticker} is not held.",)
    return (
        f"All {plural(held.quantity, 'share')} of {ticker} are sold at the market, at whatever it brings.",
        _of(held),
    )


def _of(held: PositionMark) -> str:
    arrow = "▲" if held.unrealised > 0 else "▼" if held.unrealised < 0 else ""
    return (
        f"Last {usd(held.last_price)}, worth {usd(held.market_value)}, P&L {arrow}{usd(held.unrealised, signed=True)} "
        f"({percent(held.return_pct, signed=True)}), stop {usd(held.stop)}, "
        f"{percent(held.stop_distance_pct, places=1)} below."
    )


def _closing_all(standing: Standing) -> tuple[str, ...]:
    left = [p for p in standing.positions if p.ticker not in standing.exiting]
    names = ", ".join(p.ticker for p in left)
    profit = sum(p.unrealised for p in left)
    return (
        f"{plural(len(left), 'position')} are sold at the market, at whatever they bring: {names}.",
        f"Worth {usd(sum(p.market_value for p in left))}, P&L {usd(profit, signed=True)}.",
    )


def _cleared(breaker_id: str, standing: Standing) -> tuple[str, ...]:
    found = next((b for b in standing.breakers if b.breaker_id == breaker_id), None)
    what = f"{found.trigger.value.replace('_', ' ')} {found.ticker}".rstrip() if found else breaker_id
    return (
        f"The breaker {what} ends before its time, and the engine buys again.",
        "What tripped it may still be true; it does not trip again because of that before the next session.",
    )


def _held(standing: Standing) -> str:
    worth = sum(p.market_value for p in standing.positions)
    return (
        f"{plural(len(standing.positions), 'position')} worth {usd(worth)} {_ARE[len(standing.positions) == 1]} held."
    )


_ARE = {True: "is", False: "are"}


def basis(asked: Asked, standing: Standing) -> Mapping[str, str]:
    """Return what a question about `asked` rests on, by name, as it stands."""
    says = standing.says
    match asked.word:
        case Word.TIER:
            return {"the tier": says["tier"]}
        case Word.RESERVE:
            return {"the reserve": says["reserve"]}
        case Word.CLOSE:
            return _shares(standing, asked.arguments["ticker"])
        case Word.CLOSE_ALL | Word.STOP:
            return {name: text for p in standing.positions for name, text in _shares(standing, p.ticker).items()}
        case Word.SET:
            return {name: _said(name, says.get(f"{_SETTING}{name}", "")) for name in asked.arguments}
        case Word.CLEAR:
            breaker = asked.arguments["breaker"]
            return {f"breaker {breaker}": "on" if f"breaker.{breaker}" in says else "not on"}
        case _:
            on = ", ".join(f"{b.trigger} {b.ticker}".strip() for b in standing.breakers)
            return {"trading": says["trading"], "its cause": says["cause"], "breakers": on}


def _shares(standing: Standing, ticker: str) -> Mapping[str, str]:
    held = standing.position(ticker)
    if held is None:
        return {ticker: "not held"}
    return {ticker: f"{plural(held.quantity, 'share')}{', being sold' if ticker in standing.exiting else ''}"}


def moved(shown: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return what has become otherwise since a question was `shown`, empty when nothing has."""
    names = {**shown, **now}
    return "; ".join(
        f"{name} was {shown.get(name, '') or 'nothing'} and is {now.get(name, '') or 'nothing'}"
        for name in names
        if shown.get(name) != now.get(name)
    )


def unchanged(asked: Asked, standing: Standing) -> str:
    """Return why it makes no difference to say `asked`: all is so already."""
    if asked.word is not Word.RESUME:
        return "all is so already: nothing would change"
    if standing.says["trading"] == "active":
        return acting.RUNNING
    return f"nobody has paused: {standing.says['cause'].replace('_', ' ')} stops entries, b shows until when"


def preview(text: str, standing: Standing) -> tuple[Line, ...]:
    """Return what moving the amount that is typed would come to, or in one line why it cannot be moved."""
    if not text:
        return (line(("500 moves $500 into the reserve, -250.50 out of it", Mood.DIM)),)
    try:
        amount = from_text(text.removeprefix("$").replace(",", ""))
    except ValueError:
        return (line((f"✗ '{text}' is no amount: such as 500 or -250.50", Mood.LOSS)),)
    after = standing.reserve + amount
    if not amount or after < 0 or (amount > 0 and after > standing.cash):
        return (line((f"✗ the reserve goes from nothing to {usd(standing.cash)}, all the cash", Mood.LOSS)),)
    pool = standing.active_pool
    return (
        line(f"Reserve      {usd(standing.reserve)} → ", (usd(after), Mood.STRONG)),
        line(f"Active pool  {usd(pool)} → ", (usd(pool - amount), Mood.STRONG)),
    )
