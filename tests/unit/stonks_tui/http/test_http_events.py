"""The stream: every turn of which something came, once, in order, also for whoever comes back; nobody is waited for."""

import asyncio
import json
from typing import Any

import pytest

from stonks_tui.http import events
from stonks_tui.http.events import EventStream
from tests.support.http_account import Http


def _told(text: str) -> list[dict[str, Any]]:
    blocks = [block for block in text.split("\n\n") if block.startswith("id: ")]
    return [json.loads(block.partition("data: ")[2]) for block in blocks]


def test_whoever_comes_back_with_the_last_number_misses_nothing(http: Http) -> None:
    last = http.get("/api/trading/status")["turn"]
    whole = _told(http.ask("GET", f"/api/trading/events?after=0&until={last}").text)
    assert [one["turn"] for one in whole] == sorted({one["turn"] for one in whole})
    middle = whole[len(whole) // 2]["turn"]
    rest = http.ask("GET", f"/api/trading/events?until={last}", headers={"Last-Event-ID": str(middle)})
    assert _told(rest.text) == [one for one in whole if one["turn"] > middle] != []
    decisions = http.get("/api/trading/decisions?decision=act&limit=200")["decisions"]
    told = [decision for one in whole for decision in one["decision_ids"]]
    assert {decision["decision_id"] for decision in decisions} <= set(told)


@pytest.mark.parametrize("query", ["?after=-1", "?after=999999", "?after=x"])
def test_a_turn_that_never_was_is_no_place_to_begin(http: Http, query: str) -> None:
    assert http.ask("GET", f"/api/trading/events{query}").status_code in (409, 422)
    strange = http.ask("GET", "/api/trading/events?until=0", headers={"Last-Event-ID": "; DROP"})
    assert strange.status_code == 422


class _Reader:
    """Whoever reads a stream, as ASGI sees it: takes what it is sent, or nothing."""

    def __init__(self, *, takes: bool = True) -> None:
        self.sent: list[bytes] = []
        self.leaves, self.has_read, self._takes = asyncio.Event(), asyncio.Event(), takes

    async def receive(self) -> Any:
        """Leave, once it is time."""
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take it."""
        if not self._takes and message.get("body"):
            await asyncio.Event().wait()
        self.sent.append(message.get("body", b""))
        if b": here" in self.sent[-1]:
            self.has_read.set()


def _streamed(http: Http, reader: _Reader, meanwhile: Any) -> None:
    async def stream() -> None:
        last = await http.desk.last_turn()
        telling = asyncio.ensure_future(
            EventStream(http.desk, last)({"type": "http", "app": http.app}, reader.receive, reader.send)
        )
        await meanwhile()
        await asyncio.wait_for(telling, 30)

    http.runner.run(stream())


def test_a_quiet_stream_says_that_it_is_there_and_ends_when_its_reader_leaves(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.02)
    reader = _Reader()

    async def leave() -> None:
        await asyncio.wait_for(reader.has_read.wait(), 30)
        reader.leaves.set()

    _streamed(http, reader, leave)
    assert b": here\n\n" in reader.sent


def test_a_reader_that_takes_nothing_is_left_alone(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SLOW_SECONDS", 0.05)
    reader = _Reader(takes=False)

    async def wait() -> None:
        await asyncio.sleep(0)

    _streamed(http, reader, wait)
    assert b": stonks" not in b"".join(reader.sent)


def test_a_stream_ends_with_its_process(http: Http) -> None:
    reader = _Reader()

    async def end() -> None:
        http.app.state.ending.set()

    try:
        _streamed(http, reader, end)
    finally:
        http.app.state.ending.clear()
    assert reader.sent[-1] == b""


def test_only_so_many_are_told_at_once(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    assert http.app.state.streams == 0
    monkeypatch.setattr(http.app.state, "streams", events.STREAMS)
    answer = http.ask("GET", "/api/trading/events?until=0")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
