"""Confirming: what has to be typed before something is done that risks more, or cannot be taken back?

The same ladder as on the command line and on the screens.
"""

from engine.model.portfolio import RiskTierName
from stonks_tui.asking import Danger
from stonks_tui.http.problems import Code, Refusal

RESUME = Danger(warning="From now on the engine buys again by itself.", type_this="resume")
HALT = Danger(
    warning="While it is halted no stop is executed either: what is held may lose without a limit.", type_this="halt"
)
_UPWARDS = tuple(RiskTierName)


def require(danger: Danger | None, typed: str) -> None:
    """Raise Refusal, which says what to type, unless there is no danger or it was `typed`."""
    if danger is not None and typed.strip() != danger.type_this:
        hint = f'when it is meant: "confirm": "{danger.type_this}"'
        raise Refusal(409, Code.CONFIRM, danger.warning, hint=hint, confirm=danger.type_this)


def everything(number: int) -> str:
    """Return the words for all that is held."""
    return f"all {number} position{'' if number == 1 else 's'}"


def closing(ticker: str) -> Danger:
    """Return what is dangerous about selling one."""
    return Danger(warning=f"All of {ticker} is sold at the market, at whatever it brings.", type_this=ticker)


def closing_all(number: int) -> Danger:
    """Return what is dangerous about selling everything, `number` positions."""
    return Danger(warning="Every position is sold at the market, at whatever it brings.", type_this=everything(number))


def clearing(breaker_id: str) -> Danger:
    """Return what is dangerous about ending a breaker."""
    warning = f"What tripped {breaker_id} may still be true; without it the engine buys again."
    return Danger(warning=warning, type_this=breaker_id)


def bolder(wanted: RiskTierName, now: RiskTierName) -> Danger | None:
    """Return what is dangerous about a tier: nothing when it is not bolder than the one that is."""
    if _UPWARDS.index(wanted) <= _UPWARDS.index(now):
        return None
    warning = f"{wanted.value.capitalize()} is bolder than {now.value}: more may be lost at once."
    return Danger(warning=warning, type_this=wanted.value)


def taking_out(shown: str) -> Danger:
    """Return what is dangerous about taking dollars out of the reserve."""
    return Danger(warning=f"${shown} that was put out of the engine's reach is traded with again.", type_this="reserve")
