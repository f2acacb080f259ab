"""Taking back: what undoes a word that was just said, as far as anything does?"""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.model.audit import Answered, Asked, Word
from engine.model.money import from_text, usd
from engine.settings import shown

WITHIN_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opposite:
    """The word that takes another one back, and in words what it does; what it does not undo is said too."""

    asked: Asked
    words: str


def opposite(asked: Asked, answered: Answered) -> Opposite | str:
    """Return what takes `asked` back, which was `answered` so; or why nothing does."""
    if not answered.done or not (answered.after or answered.before):
        return "nothing was changed that could be taken back"
    before = answered.before
    match asked.word:
        case Word.PAUSE | Word.HALT:
            return Opposite(asked=Asked(word=Word.RESUME), words=f"taking the {asked.word} back{_lost(answered)}")
        case Word.RESUME:
            word = Word.HALT if before.get("trading") == "halted" else Word.PAUSE
            return Opposite(asked=Asked(word=word), words="taking the resuming back: entries stop")
        case Word.TIER if "tier" in before:
            back = Asked(word=Word.TIER, arguments={"name": before["tier"]})
            return Opposite(asked=back, words=f"back to the tier {before['tier']}")
        case Word.RESERVE:
            amount = -from_text(asked.arguments["amount"])
            back = Asked(word=Word.RESERVE, arguments={"amount": usd(amount, places=4).replace(",", "")})
            return Opposite(asked=back, words=f"moving {usd(amount, signed=True)} back")
        case Word.BREAKER:
            breaker = _breaker(answered.after)
            back = Asked(word=Word.CLEAR, arguments={"breaker": breaker})
            return Opposite(asked=back, words=f"ending the breaker {breaker} again{_lost(answered)}")
        case Word.SET:
            was = {name.removeprefix("setting."): text for name, text in before.items() if name.startswith("setting.")}
            names = ", ".join(f"{name} {shown(name, text) or 'empty'}" for name, text in was.items())
            return Opposite(asked=Asked(word=Word.SET, arguments=was), words=f"back to {names}")
        case Word.CLEAR if before.get(f"breaker.{asked.arguments['breaker']}") == "manual":
            return Opposite(asked=Asked(word=Word.BREAKER), words="tripping the manual breaker again")
        case Word.CLEAR:
            return "what tripped the breaker is not made again; b and t trip the one by hand"
        case Word.CLOSE | Word.CLOSE_ALL:
            return "what is being sold is not called back"
        case _:
            return f"nothing takes {asked.word} back"


def _breaker(after: Mapping[str, str]) -> str:
    return next((name.removeprefix("breaker.") for name in after if name.startswith("breaker.")), "")


def _lost(answered: Answered) -> str:
    gone = [name.removeprefix("planned.") for name in answered.before if name.startswith("planned.")]
    gone = [ticker for ticker in gone if f"planned.{ticker}" not in answered.after]
    return f"; what was planned of {', '.join(gone)} stays cancelled" if gone else ""
