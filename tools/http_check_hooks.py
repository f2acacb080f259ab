"""HTTP check hooks: what schemathesis cannot know: ids that are there, and what a confirmation has to say.

Of what the document allows, most requests are given an id that is there and the words that the last answer asked for,
as a person would give them; what the document does not allow is left as it is. Every answer is counted.
"""

import atexit
import itertools
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import schemathesis

COUNTS: Counter[tuple[str, int]] = Counter()
_URL = os.environ.get("STONKS_HTTP_CHECK_URL", "")
_TOKEN = "an-operating-token-of-the-check"
_OTHERS = "methods that no path takes"
_SETTINGS = json.loads(os.environ.get("STONKS_HTTP_CHECK_SETTINGS", "{}"))
_turns = itertools.count()
_client = httpx.Client(headers={"Authorization": f"Bearer {_TOKEN}"}, timeout=60)


def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - as it is called
    """Make a request that the document allows into one that a person could mean."""
    name = case.operation.definition.raw.get("operationId", "")
    if name == "events":  # a stream that does not end is nothing to wait for
        case.query = {**(case.query or {}), "until": (case.query or {}).get("until") or 1}
    if case.meta is None or not case.meta.generation.mode.is_positive or next(_turns) % 10 == 0:
        return
    if name in _PREPARED:
        _PREPARED[name](case)


def after_call(context: Any, case: Any, response: Any) -> None:  # noqa: ARG001 - as it is called
    """Count it."""
    sent = response.request.method
    COUNTS[case.operation.label if sent == case.operation.method.upper() else _OTHERS, response.status_code] += 1


def _get(path: str) -> Any:
    return _client.get(_URL + path).json()


def _confirmed(words: str) -> Any:
    def prepare(case: Any) -> None:
        if isinstance(case.body, dict):
            case.body["confirm"] = words

    return prepare


def _held() -> Any:
    """Return what is held. Where an engine trades nothing may be: then it is let buy by the settings that it had."""
    for turn in range(_WAITS):
        if held := _get("/api/trading/positions")["positions"]:
            return held
        if turn == 0:
            for breaker in _get("/api/trading/breakers")["active"]:
                _post(f"/api/trading/breakers/{breaker['breaker_id']}/resolve", {"confirm": breaker["breaker_id"]})
            _client.put(_URL + "/api/trading/config", json={"values": _SETTINGS, "confirm": "loosen"})
            _post("/api/trading/resume", {"confirm": "resume"})
        time.sleep(0.1)
    return ()


def _post(path: str, said: Any) -> None:
    _client.post(_URL + path, json=said)


def _one_position(case: Any) -> None:
    held = _held()
    if held and isinstance(case.body, dict):
        case.path_parameters["ticker"] = case.body["confirm"] = held[0]["ticker"]


def _all_positions(case: Any) -> None:
    _held()
    if isinstance(case.body, dict):
        case.body["confirm"] = _get("/api/trading/positions")["confirm"]


def _breaker(case: Any) -> None:
    on = _get("/api/trading/breakers")["active"]
    if not on:
        _client.post(_URL + "/api/trading/breakers", json={})
        on = _get("/api/trading/breakers")["active"]
    if on and isinstance(case.body, dict):
        case.path_parameters["breaker_id"] = case.body["confirm"] = on[0]["breaker_id"]


def _tier(case: Any) -> None:
    if isinstance(case.body, dict):
        case.body["confirm"] = case.body.get("name", "")


def _reserve(case: Any) -> None:
    if isinstance(case.body, dict):
        case.body["amount"], case.body["confirm"] = ("1.5", "-1.5")[next(_turns) % 2], "reserve"


def _decision(case: Any) -> None:
    case.path_parameters["decision_id"] = _get("/api/trading/decisions?limit=1")["decisions"][0]["decision_id"]


def _events(case: Any) -> None:
    case.query = {"after": next(_turns) % 40, "until": 60}
    case.headers = {k: v for k, v in (case.headers or {}).items() if k.lower() != "last-event-id"}


def _settings(case: Any) -> None:
    """One setting alone: what several random ones come to contradicts itself most of the time."""
    if isinstance(case.body, dict) and isinstance(case.body.get("values"), dict):
        values = case.body["values"]
        named = [(n, v) for n, v in values.items() if n in _PLAIN and v is not None]
        one = dict(named[:1]) or {"max_open_positions": 1 + next(_turns) % 20}
        case.body = {**case.body, "values": one, "confirm": "loosen"}


def _channels(case: Any) -> None:
    if isinstance(case.body, dict):
        case.body["values"] = {"sms_max_per_hour": 1 + next(_turns) % 1000}


def _begin(case: Any) -> None:
    _wait_until_none_is_made()
    if isinstance(case.body, dict):
        case.body = {n: v for n, v in case.body.items() if n in ("name", "risk_tier", "capital")}


def _cancel(case: Any) -> None:
    _wait_until_none_is_made()
    begun = _client.post(_URL + "/api/trading/backtest", json={})
    if begun.status_code == 202:
        case.path_parameters["backtest_id"] = begun.json()["backtest_id"]


def _one_backtest(case: Any) -> None:
    found = _get("/api/trading/backtest")["backtests"]
    if not found:  # nobody has asked for one yet
        _client.post(_URL + "/api/trading/backtest", json={})
        found = _get("/api/trading/backtest")["backtests"]
    if found:
        case.path_parameters["backtest_id"] = found[0]["backtest_id"]


def _wait_until_none_is_made() -> None:
    for _ in range(300):
        found = _get("/api/trading/backtest")["backtests"]
        if all(one["progress"] is None or one["progress"]["ended"] for one in found[:3]):
            return
        time.sleep(0.1)


_WAITS = 20
_PLAIN = frozenset({"max_open_positions", "base_allocation_pct", "daily_loss_pct"})


_PREPARED = {
    "resume": _confirmed("resume"),
    "halt": _confirmed("halt"),
    "close": _one_position,
    "close_all": _all_positions,
    "clear_breaker": _breaker,
    "set_tier": _tier,
    "move_reserve": _reserve,
    "set_config": _settings,
    "set_notification_config": _channels,
    "decision": _decision,
    "events": _events,
    "start_backtest": _begin,
    "cancel_backtest": _cancel,
    "backtest": _one_backtest,
}


schemathesis.hook(before_call)
schemathesis.hook(after_call)


@atexit.register
def _write() -> None:
    if path := os.environ.get("STONKS_HTTP_CHECK"):
        found = [(name, status, number) for (name, status), number in COUNTS.items()]
        Path(path).write_text(json.dumps(found), encoding="utf-8")
