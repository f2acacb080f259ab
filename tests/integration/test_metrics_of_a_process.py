"""A real engine shows its numbers at /metrics, and its log for programs says whose it is."""

import json
import re
import signal
import urllib.request
from typing import Any

import pytest

from engine.model.audit import Word
from tests.support.engine_processes import Account, Engine, wait_for

pytestmark = pytest.mark.lengthy


def _lines(engine: Engine) -> list[dict[str, Any]]:
    text = engine.log.read_text() if engine.log.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _url(engine: Engine) -> str:
    said = (re.search(r"listens at (\S+)", line["event"]) for line in _lines(engine))
    return next((found[1] for found in said if found), "")


def _number(url: str, name: str) -> float | None:
    with urllib.request.urlopen(f"{url}/metrics", timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = re.search(rf"^stonks_{re.escape(name)} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else None


def test_an_engine_is_measured_and_logged_from_its_lease_to_its_end(account: Account) -> None:
    with account.engine(STONKS_HTTP="127.0.0.1:0", STONKS_LOG_FORMAT="json") as engine:
        engine.leads(1)
        url = _url(engine)
        wait_for(lambda: _number(url, "leader") == 1, "that it leads")
        wait_for(lambda: _number(url, "loop_answers") == 1, "that its loop answers")
        assert _number(url, "lease_epoch") == 1
        assert _number(url, "total_value_dollars") == 100_000
        before = _number(url, "turns_total") or 0.0
        assert account.says(Word.PAUSE, note="lunch").done
        wait_for(lambda: _number(url, 'trading_state{state="reducing"}') == 1, "that it is paused")
        assert (_number(url, "turns_total") or 0.0) > before
        assert engine.ended(signal.SIGTERM)[0] == 0
        said = _lines(engine)
    (led,) = (line for line in said if line["event"].startswith("leads under epoch 1"))
    (paused,) = (line for line in said if line.get("kind") == "command")
    assert (led["epoch"], paused["epoch"], paused["turn"] > 0) == (1, 1, True)
    assert led["account"] == paused["account"] != ""
    assert "account" not in said[0]  # nobody knows whose it will be before the books are open
