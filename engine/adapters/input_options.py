"""Input options: what has a person decided about files that cannot speak for themselves?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.adapters.faults import FAULT_KINDS, FaultKind
from engine.errors import BadInput


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOptions:
    """How files are to be read. The defaults assume nothing that would change a price or a moment.

    `columns` maps our names to theirs. `timezone` is the zone of moments written without one. `confidence_scale` is
    what a full confidence is written as (100 for percent). `adjusted` takes dividend-adjusted prices, `closes_only`
    makes bars of closes alone. `splits_adjusted`: are prices already adjusted for the splits given: yes, no, auto.
    `bar_time`: does the moment of a minute bar say its start or its end. `on_fault` holds the actions that differ
    from the defaults of `faults.FAULT_KINDS`.
    """

    date_format: str | None = None
    timezone: str | None = None
    confidence_scale: float = 1.0
    adjusted: bool = False
    closes_only: bool = False
    skip_bad: bool = False
    splits_adjusted: str = "auto"
    bar_time: str = "start"
    on_fault: Mapping[FaultKind, str] = field(default_factory=lambda: MappingProxyType({}))
    columns: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def action(self, kind: FaultKind) -> str:
        """Return what to do about faults of this kind."""
        return self.on_fault.get(kind, FAULT_KINDS[kind].default)


def fault_actions(pairs: list[str]) -> dict[FaultKind, str]:
    """Return the actions named like `bad_price=keep`. Raises BadInput for a kind or an action that is not there."""
    chosen: dict[FaultKind, str] = {}
    for pair in pairs:
        name, equals, action = pair.partition("=")
        if not equals or name not in set(FaultKind):
            raise BadInput(f"--on-fault {pair}: no such kind of fault", hint=f"kinds: {', '.join(FaultKind)}")
        kind = FaultKind(name)
        if action not in FAULT_KINDS[kind].actions:
            raise BadInput(f"--on-fault {pair}: no such action", hint=f"{name}: {', '.join(FAULT_KINDS[kind].actions)}")
        chosen[kind] = action
    return chosen


def column_choices(pairs: list[str]) -> dict[str, str]:
    """Return the columns named like `close=Last`. Raises BadInput when one is not written so."""
    chosen: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not ours or not theirs:
            raise BadInput(f"--column {pair}: write OURS=NAME-IN-FILE", hint="for example --column close=Last")
        chosen[ours] = theirs
    return chosen
