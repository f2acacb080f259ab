"""Played demo: three days of `stonks demo`, played once for all processes that run tests, and what was told of them."""

import io
import json
import pickle
import shutil
from contextlib import ExitStack, nullcontext, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stonks_tui import bootstrap, progress
from stonks_tui.cli import main
from stonks_tui.run_events import RunEvent
from tests.support.gmail_endpoint import gmail_endpoint
from tests.support.sns_endpoint import faulty_sns

_TOLD = "told.pickle"
"""What was told, on the way and in the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDemo:
    """Where it is, what was told as JSON and on the way, and what the providers of messages were asked meanwhile."""

    data_dir: Path
    told: dict[str, Any]
    events: list[RunEvent]
    requests: list[Any]

    @property
    def folder(self) -> Path:
        """The folder of its account."""
        return self.data_dir / "demo"


class Recording:
    """A teller that keeps what it is told."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    def tell(self, event: RunEvent) -> None:
        """See `Teller.tell`."""
        self.events.append(event)

    def step(self, done: int, total: int, what: str) -> None:
        """See `Teller.step`."""


def play(made: Path, calendars: Path) -> None:
    """Play it in the folder `made`, with credentials in the environment."""
    shutil.copytree(calendars, bootstrap.cache_path(made / "demo"))
    teller, told = Recording(), io.StringIO()
    with ExitStack() as stack:
        sns, gmail = stack.enter_context(faulty_sns()), stack.enter_context(gmail_endpoint())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {**sns.environment(), **gmail.environment()}.items():
            patch.setenv(name, value)
        patch.setattr(progress, "teller", lambda _: nullcontext(teller))
        stack.enter_context(redirect_stdout(told))
        assert main(["--data-dir", str(made), "demo", "--json", "--days", "3"]) == 0
        requests = [*sns.requests, *gmail.requests]
    (made / _TOLD).write_bytes(pickle.dumps((json.loads(told.getvalue()), teller.events, requests)))


def copied(made: Path, to: Path) -> PlayedDemo:
    """Return a copy of the demo in `made` that is one's own, in the new folder `to`."""
    shutil.copytree(made / "demo", to / "demo", ignore=shutil.ignore_patterns("*.sock"))
    told, events, requests = pickle.loads((made / _TOLD).read_bytes())
    return PlayedDemo(data_dir=to, told=told, events=events, requests=requests)
