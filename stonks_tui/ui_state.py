"""Interface state: how did the person leave the screens? Kept between runs; losing it costs nothing."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from stonks_tui.view_models.kept_lists import PLAIN_LIST, KeptList

_MOST_TABS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class UiState:
    """The screen that was open, the colours, and how each list was left."""

    screen: str = "overview"
    theme: str = ""
    lists: Mapping[str, KeptList] = field(default_factory=dict)

    def list_of(self, name: str) -> KeptList:
        """Return how the list `name` was left."""
        return self.lists.get(name, PLAIN_LIST)

    def with_list(self, name: str, kept: KeptList) -> "UiState":
        """Return the state with the list `name` as it stands now."""
        return replace(self, lists={**self.lists, name: kept})


def path(data_dir: Path) -> Path:
    """Return where the state lies."""
    return data_dir / "ui.json"


def load(data_dir: Path) -> UiState:
    """Return the state as it was left, as far as there is something sensible in it; else as it is at first."""
    try:
        kept = json.loads(path(data_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return UiState()
    if not isinstance(kept, dict):
        return UiState()
    lists = kept.get("lists")
    return UiState(
        screen=_text(kept.get("screen"), "overview"),
        theme=_text(kept.get("theme"), ""),
        lists={name: _list(found) for name, found in lists.items()} if isinstance(lists, dict) else {},
    )


def save(data_dir: Path, state: UiState) -> None:
    """Keep the state. A place that cannot be written is no reason to fail."""
    target = path(data_dir)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    plain = {"screen": state.screen, "theme": state.theme, "lists": {n: _plain(k) for n, k in state.lists.items()}}
    with suppress(OSError):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(plain, indent=1), encoding="utf-8")
        beside.replace(target)


def _plain(kept: KeptList) -> dict[str, Any]:
    return {f.name: getattr(kept, f.name) for f in fields(kept)}


def _list(found: object) -> KeptList:
    if not isinstance(found, dict):
        return PLAIN_LIST
    return KeptList(
        wanted=_text(found.get("wanted"), ""),
        order=_text(found.get("order"), ""),
        hidden=_texts(found.get("hidden")),
        tabs=_texts(found.get("tabs"))[:_MOST_TABS],
        cursor=_text(found.get("cursor"), ""),
    )


def _text(found: object, otherwise: str) -> str:
    """Return `found` when it is one line of text."""
    return found if isinstance(found, str) and found.isprintable() else otherwise


def _texts(found: object) -> tuple[str, ...]:
    if not isinstance(found, list):
        return ()
    return tuple(dict.fromkeys(text for text in found if isinstance(text, str) and text and text.isprintable()))
