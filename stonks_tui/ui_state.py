"""Interface state: how did the person leave the screens? Kept between runs; losing it costs nothing."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class UiState:
    """The screen that was open, the colours, and each list's filter and order."""

    screen: str = "overview"
    theme: str = ""
    filters: dict[str, str] = field(default_factory=dict)
    orders: dict[str, str] = field(default_factory=dict)

    def list_of(self, name: str) -> tuple[str, str]:
        """Return the filter and the order of the list `name`, empty when there are none."""
        return self.filters.get(name, ""), self.orders.get(name, "")

    def with_list(self, name: str, *, wanted: str, order: str) -> "UiState":
        """Return the state with the filter and the order of the list `name`."""
        return replace(self, filters={**self.filters, name: wanted}, orders={**self.orders, name: order})


def path(data_dir: Path) -> Path:
    """Return where the state lies."""
    return data_dir / "ui.json"


def load(data_dir: Path) -> UiState:
    """Return the state as it was left; the plain one when there is none, or nothing sensible in it."""
    try:
        kept = json.loads(path(data_dir).read_text(encoding="utf-8"))
        known = {f.name: kept[f.name] for f in fields(UiState) if f.name in kept}
        state = UiState(**known)
        return state if _is_sound(state) else UiState()
    except (OSError, ValueError, TypeError, AttributeError):
        return UiState()


def save(data_dir: Path, state: UiState) -> None:
    """Keep the state. A place that cannot be written is no reason to fail."""
    target = path(data_dir)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(asdict(state), indent=1), encoding="utf-8")
        beside.replace(target)


def _is_sound(state: UiState) -> bool:
    texts = [state.screen, state.theme]
    for kept in (state.filters, state.orders):
        texts += [*kept.keys(), *kept.values()]
    return all(isinstance(text, str) for text in texts)
