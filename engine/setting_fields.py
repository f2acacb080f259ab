"""Setting fields: how does a setting say its default, unit and range, and which way of it is looser?"""

from dataclasses import field, fields
from typing import Any, Literal

from engine.errors import BadInput

Looser = Literal["up", "down", ""]


def setting(
    default: Any, unit: str, low: float, high: float, looser: Looser, about: str, *, private: bool = False
) -> Any:
    """Return the field of a setting. One that is `private`, such as an address, is shown only to who asks for it."""
    return field(default=default, metadata=_about(unit, low, high, looser, about, private=private))


def required(unit: str, low: float, high: float, looser: Looser, about: str) -> Any:
    """Return the field of a setting that has no default of its own."""
    return field(metadata=_about(unit, low, high, looser, about))


def validate(settings: Any) -> None:
    """Raise BadInput for a number of `settings` that is outside its range."""
    for f in fields(settings):
        value = getattr(settings, f.name)
        if not f.metadata or isinstance(value, (bool, str)):
            continue
        low, high = f.metadata["low"], f.metadata["high"]
        if not low <= value <= high:
            raise BadInput(f"{f.name} is {value}", hint=f"it goes from {low:g} to {high:g}")


def _about(unit: str, low: float, high: float, looser: Looser, about: str, *, private: bool = False) -> dict[str, Any]:
    return {"unit": unit, "low": low, "high": high, "looser": looser, "about": about, "private": private}
