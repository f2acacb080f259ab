"""Simulated macro events: what shakes a simulated market, or a sector of it, and for how long?

Nothing is drawn for them: they lie where the course of the market and what recommenders like make them felt.
"""

from datetime import timedelta

from engine.adapters.simulated_companies import SECTORS
from engine.adapters.simulated_prices import BOOM_SECTOR, Regime, boom_rows
from engine.model.macro import MacroEvent, Severity
from engine.model.sessions import Session

_BEFORE_THE_OPEN = timedelta(hours=1)
_OIL_ROW = 48  # recommenders like oil until row 75: by now some of it is held
_AFTER_THE_SLUMP_BEGAN = 3


def events(course: tuple[Regime, ...], sessions: tuple[Session, ...]) -> tuple[MacroEvent, ...]:
    """Return the events, by time. `sessions` are those of the tape, in order."""
    slump = next(r.row for r in course if r.name == "slump") + _AFTER_THE_SLUMP_BEGAN
    boom = boom_rows(course)
    in_the_boom = (boom.start + boom.stop) // 2

    def event(name: str, row: int, days: int, severity: Severity, sector: str | None = None) -> MacroEvent:
        return MacroEvent(
            event_id=f"macro-{row}",
            severity=severity,
            at=sessions[row].open_at - _BEFORE_THE_OPEN,
            until=sessions[row + days - 1].close_at,
            sector=sector,
            name=name,
        )

    oil, booming = SECTORS[SECTORS.index("Energy")], SECTORS[BOOM_SECTOR]
    return (
        event("Oil producers lift their quotas", _OIL_ROW, 3, Severity.HIGH, oil),
        event("A large bank fails", slump, 5, Severity.HIGH),
        event("Jobs report", slump + 10, 1, Severity.MEDIUM),
        event(f"New export rules for {booming}", in_the_boom, 3, Severity.HIGH, booming),
    )
