"""Acting: may a key that steers act now, and if not, why? What dims a key is what is said when it is pressed."""

from dataclasses import dataclass

from engine.model.portfolio import TradingState
from engine.model.views import Alive
from stonks_tui.view_models.command import DEMO, Command

ALWAYS_ACTS = "pause"
"""The command that nothing refuses: it stops entries."""
LOCKED = "this terminal only looks on: A lets it steer for ten minutes; p always acts"
LOCKED_MEANWHILE = "this terminal was locked meanwhile: A lets it steer for ten minutes"
NEVER_LOCKED = "this terminal has the engine in it: it is never locked"
NO_CLOCK = "only a demo has a clock that can be stopped"
NO_POSITION = "there is no position under the cursor: 2 shows what is held, :close TSLA names it"
OFFLINE = "no engine runs that could be told: stonks run starts one"
RUNNING = "entries are being made already"

_STEERING = frozenset({"resume", "halt", "tier", "reserve", "close", "take_back", "stop", "set"})
_ASK_THE_ENGINE = frozenset({"halt", "stop"})
"""They are brought to its door all the same: one that has fallen silent may still hear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What a person at this terminal may do. `alive` is the engine as it was last seen, None when nothing was.

    `is_fresh` says that nothing was said to the engine since. `nothing_back` is why `u` takes nothing back, empty when
    it does.
    """

    is_attached: bool
    is_locked: bool
    is_offline: bool
    is_fresh: bool
    alive: Alive | None
    has_position: bool
    nothing_back: str
    has_clock: bool


def refusal(command: Command, argument: str, hand: Hand) -> str | None:
    """Return why `command` cannot act now, None if it can. What only shows something, such as `b`, always can."""
    name = command.name
    if name == ALWAYS_ACTS:
        return None
    if command.place == DEMO and not hand.has_clock:
        return NO_CLOCK
    if name == "unlock" and not hand.is_attached:
        return NEVER_LOCKED
    if name == "take_back" and hand.nothing_back:
        return hand.nothing_back
    if name not in _STEERING:
        return None
    if hand.is_locked:
        return LOCKED
    if hand.is_offline and name not in _ASK_THE_ENGINE:
        return OFFLINE
    if name == "close" and not argument and not hand.has_position:
        return NO_POSITION
    return RUNNING if name == "resume" and _makes_entries(hand) else None


def _makes_entries(hand: Hand) -> bool:
    """Does the engine make entries, for certain? Its heart says so only as of the turn at which it beat."""
    alive = hand.alive
    if alive is None or not hand.is_fresh or alive.is_stale or alive.is_lost:
        return False
    return alive.turn == alive.heartbeat.seq and alive.heartbeat.trading is TradingState.ACTIVE
