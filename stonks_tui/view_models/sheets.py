"""Sheets: what does a person choose from, in a docked box, before anything is said to the engine?

A sheet is a value: a key makes another one of it, or chooses something. Whatever is chosen is asked about or done as
the ladder of danger has it (`steering.py`).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from engine.model.audit import Asked, Word
from engine.model.money import from_text, usd
from engine.model.portfolio import RiskTierName, TierChange
from engine.policy import RiskTierConfig
from stonks_tui.reports.numbers import percent
from stonks_tui.view_models import steering
from stonks_tui.view_models.standing import Standing
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, padded, wrapped


class Leaving(StrEnum):
    """What is to become of the engine in this process."""

    DETACH = "detach"
    STOP = "stop"


Choice = Asked | Leaving


class Sheet(Protocol):
    """Lines to choose from. `keys` says how; `types` is whether a line is typed."""

    @property
    def title(self) -> str:
        """What it is about."""

    @property
    def keys(self) -> str:
        """What the keys do."""

    @property
    def types(self) -> bool:
        """Is a line typed?"""

    def lines(self, columns: int, typed: str) -> tuple[Line, ...]:
        """Return what is shown in so many columns while `typed` stands in the line."""

    def pressed(self, key: str) -> "Sheet | Choice | None":
        """Return what `key` makes of it or chooses, None when it does neither."""

    def entered(self, text: str) -> Choice | None:
        """Return what Enter chooses, None when nothing can be chosen."""

    def renewed(self, standing: Standing) -> "Sheet":
        """Return the sheet with the account as it stands now."""


_NUMBERS = (
    ("largest position", "max_position_pct", 0),
    ("largest sector", "max_sector_pct", 0),
    ("heat limit", "max_portfolio_heat", 1),
)
_SHORTER = {
    "confidence from": "confidence",
    "largest position": "position",
    "largest sector": "sector",
    "heat limit": "heat",
    "stop distance": "stop",
    "reward to risk": "reward",
}
_WIDE_LABELS, _NARROW_LABELS, _TIER = 17, 11, 15
"""Columns of the labels, and of a tier whose name is whole: 56 are there in a terminal of 60."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierSheet:
    """The three tiers side by side. `wanted` is the one under the cursor."""

    standing: Standing
    wanted: RiskTierName
    title: str = "Risk tier"
    keys: str = "h l choose · Enter takes it · Esc closes"
    types: bool = False

    def lines(self, columns: int, _: str) -> tuple[Line, ...]:
        """See `Sheet`."""
        is_narrow = columns < _WIDE_LABELS + len(RiskTierName) * _TIER
        labels = _NARROW_LABELS if is_narrow else _WIDE_LABELS
        room = min(16, (columns - labels) // len(RiskTierName))
        rows = [self._heading(labels, room), *self._rows(labels, room), line()]
        history = list(reversed(self.standing.tier_changes))
        why = [_why(change) for change in history] or ["It has been so since the account began."]
        rows += [line((text, Mood.DIM if place else Mood.PLAIN)) for place, text in enumerate(why)]
        return tuple(clipped(text, columns) for text in rows)

    def _heading(self, labels: int, room: int) -> Line:
        parts = [Span(" " * labels)]
        for tier in RiskTierName:
            now, name = "●" if tier is self.standing.tier else " ", tier.value[: room - 3]
            marked = (f"[{name}]", Mood.REVERSED) if tier is self.wanted else (f" {name} ", Mood.STRONG)
            parts += padded(line(now, marked), room)
        return tuple(parts)

    def _rows(self, labels: int, room: int) -> list[Line]:
        tiers, is_narrow = self.standing.policy.tiers, labels == _NARROW_LABELS
        rows = [("confidence from", [f"{tiers[t].min_confidence:.2f}" for t in RiskTierName])]
        rows += [(label, [percent(getattr(tiers[t], n), places=p) for t in RiskTierName]) for label, n, p in _NUMBERS]
        rows += [("stop distance", [f"{tiers[t].stop_loss_atr_multiplier:g} ATR" for t in RiskTierName])]
        rows += [("reward to risk", [_ratio(tiers[t]) for t in RiskTierName])]
        return [
            (
                Span((_SHORTER[label] if is_narrow else label).ljust(labels), Mood.DIM),
                *(s for text in texts for s in padded(line(f"  {text}"), room)),
            )
            for label, texts in rows
        ]

    def pressed(self, key: str) -> "Sheet | Choice | None":
        """See `Sheet`."""
        step = {"h": -1, "left": -1, "shift+tab": -1, "l": 1, "right": 1, "tab": 1}.get(key)
        if step is None:
            return None
        order = list(RiskTierName)
        wanted = order[max(0, min(order.index(self.wanted) + step, len(order) - 1))]
        return TierSheet(standing=self.standing, wanted=wanted)

    def entered(self, _: str) -> Choice | None:
        """See `Sheet`."""
        if self.wanted is self.standing.tier:
            return None
        return Asked(word=Word.TIER, arguments={"name": self.wanted.value})

    def renewed(self, standing: Standing) -> "Sheet":
        """See `Sheet`."""
        return TierSheet(standing=standing, wanted=self.wanted)


def _ratio(tier: RiskTierConfig) -> str:
    return f"{tier.reward_risk_ratio:g} : 1"


def _why(change: TierChange) -> str:
    rate = "" if change.win_rate is None else f", {change.win_rate:.0%} of {change.trades} trades won"
    return (
        f"{change.at:%m-%d %H:%M} {change.previous} → {change.new}: {change.cause.replace('_', ' ')} "
        f"(drawdown {percent(change.drawdown, places=1)}{rate})"
    )


_MOVES = 2
"""Lines of a preview that shows a move; why there is none is said in one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveSheet:
    """The reserve's ledger, newest first, and an amount to be typed."""

    standing: Standing
    title: str = "Reserve"
    keys: str = "Enter moves it · PgUp PgDn · Esc closes"
    types: bool = True

    def lines(self, columns: int, typed: str) -> tuple[Line, ...]:
        """See `Sheet`."""
        now = self.standing
        share = now.reserve / now.total_value if now.total_value > 0 else 0.0
        most = now.policy.reserve_high_water_pct
        said = f"{usd(now.reserve)} is {percent(share, places=1)} of everything; above {percent(most, places=0)} no "
        shown = [line(piece) for piece in wrapped(f"{said}profit goes there.", columns)]
        shown += [*steering.preview(typed, now), line()]
        for entry in reversed(now.ledger):
            words = f"  {entry.trigger.replace('_', ' ')} {entry.notes or entry.reference_id}".rstrip()
            amount = f"{usd(entry.amount, signed=True):>13}"
            shown.append(line((f"{entry.at:%m-%d %H:%M}", Mood.DIM), amount, f" {usd(entry.balance_after):>13}", words))
        if not now.ledger:
            shown.append(line(("Nothing was ever moved.", Mood.DIM)))
        return tuple(clipped(text, columns) for text in shown)

    def pressed(self, _: str) -> "Sheet | Choice | None":
        """See `Sheet`."""
        return None

    def entered(self, text: str) -> Choice | None:
        """See `Sheet`: only what the reserve and the cash allow."""
        if not text or len(steering.preview(text, self.standing)) < _MOVES:
            return None
        return Asked(word=Word.RESERVE, arguments={"amount": plain_amount(text)})

    def renewed(self, standing: Standing) -> "Sheet":
        """See `Sheet`."""
        return ReserveSheet(standing=standing)


def plain_amount(text: str) -> str:
    """Return an amount as the engine takes it. Raises ValueError for what is none."""
    plain = text.removeprefix("$").replace(",", "")
    from_text(plain)
    return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSheet:
    """What is to become of the engine when the screens end."""

    title: str = "Leave"
    keys: str = "d · s · Enter, Esc stay"
    types: bool = False

    def lines(self, columns: int, _: str) -> tuple[Line, ...]:
        """See `Sheet`."""
        rows = (
            (("[ Stay ]", Mood.REVERSED), "  Enter"),
            (("d", Mood.KEY), " detach: it trades on, and stonks attach shows it"),
            (("s", Mood.KEY), " stop the engine: nobody watches what is held"),
        )
        return tuple(clipped(line(*row), columns) for row in rows)

    def pressed(self, key: str) -> "Sheet | Choice | None":
        """See `Sheet`."""
        return {"d": Leaving.DETACH, "s": Leaving.STOP}.get(key)

    def entered(self, _: str) -> Choice | None:
        """See `Sheet`: Enter stays."""
        return None

    def renewed(self, _: Standing) -> "Sheet":
        """See `Sheet`."""
        return self
