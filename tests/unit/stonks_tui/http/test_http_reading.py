"""Looking over HTTP: every answer is what the books say, and all of it is documented."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.settings import Settings
from stonks_tui.http.app import api_routes
from tests.support import http_account
from tests.support.http_account import Http


def test_the_status_is_that_of_the_account(http: Http) -> None:
    told = http.get("/api/trading/status")
    assert (told["trading"], told["risk_tier"], told["open_positions"]) == ("active", "moderate", 3)
    assert told["figures"]["total value"].replace(",", "") == f"{float(told['total_value']):.2f}"
    assert told["leader"]["is_here"]
    assert told["engine"] == "running"
    newest = http.get("/api/trading/decisions?limit=1")["decisions"][0]
    assert told["last_decision_at"] == newest["at"]
    assert newest["at"].endswith("Z")


def test_positions_add_up_to_what_the_status_says(http: Http) -> None:
    told, status = http.get("/api/trading/positions"), http.get("/api/trading/status")
    assert [position["ticker"] for position in told["positions"]] == ["AAA", "CCC", "BBB"]
    worth = sum(float(position["market_value"]) for position in told["positions"])
    assert worth + float(status["cash"]) == pytest.approx(float(status["total_value"]))
    assert told["confirm"] == "all 3 positions"


def test_pages_of_decisions_hold_each_one_once_newest_first(http: Http) -> None:
    found, cursor = [], ""
    while True:
        page = http.get(f"/api/trading/decisions?limit=7{cursor}")
        found += [decision["decision_id"] for decision in page["decisions"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    everything = [d["decision_id"] for d in http.get("/api/trading/decisions?limit=200")["decisions"]]
    assert found == everything
    assert len(set(found)) == len(found) == http.get("/api/trading/status")["decisions"]


def test_decisions_are_filtered_by_ticker_answer_and_time(http: Http) -> None:
    everything = http.get("/api/trading/decisions?limit=200")["decisions"]
    middle = everything[len(everything) // 2]["at"]
    told = http.get(f"/api/trading/decisions?limit=200&ticker=aaa&decision=act&from={middle}")["decisions"]
    fit = [d for d in everything if (d["ticker"], d["outcome"]) == ("AAA", "act") and d["at"] >= middle]
    assert told == fit
    assert fit


def test_a_decision_is_told_with_its_whole_trace(http: Http) -> None:
    taken = http.get("/api/trading/decisions?decision=act&ticker=CCC")["decisions"][-1]
    told = http.get(f"/api/trading/decisions/{taken['decision_id']}")
    assert told["trace"]["verdicts"]
    assert told["trace"]["sizing"]
    assert sum(e["fill"]["quantity"] for e in told["executions"]) > 0
    assert {name: told[name] for name in taken} == taken
    by_cause = http.get(f"/api/trading/decisions/{taken['recommendation_id']}")
    assert by_cause == told


def test_the_days_end_with_the_one_that_is_on(http: Http) -> None:
    history = http.get("/api/trading/metrics/history")
    now = http.get("/api/trading/metrics")["day"]
    assert [day["on"] for day in history["days"]] == ["2024-01-22"]
    assert now["on"] == "2024-01-23"
    assert http.get("/api/trading/metrics/history?from=2024-01-23")["days"] == []


@pytest.mark.parametrize(
    "path",
    [
        "orders",
        "breakers",
        "tier",
        "reserve",
        "audit",
        "config",
        "backtest",
        "notifications/config",
        "notifications/history",
    ],
)
def test_there_is_an_answer_at(http: Http, path: str) -> None:
    assert http.get(f"/api/trading/{path}")


@pytest.mark.parametrize(
    ("age", "looks_every", "words"),
    [
        (None, 60, "no price has come yet"),
        (301, 60, "the newest price is 301 s old"),
        (300, 60, ""),
        (600, 300, ""),
        (601, 300, "the newest price is 601 s old"),
    ],
)
def test_an_engine_without_young_prices_is_not_ready_and_says_why(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: int | None, looks_every: int, words: str
) -> None:
    prices_at = http_account.HOLDS_AT - timedelta(seconds=age) if age else None
    monkeypatch.setattr("engine.guard.Guard.prices_at", lambda _: prices_at)
    with (
        http_account.opened(made, tmp_path) as (data_dir, engine),
        http_account.interface(data_dir, engine) as http,
    ):
        assert http.get("/health")["status"] == "ok"
        if looks_every != 60:
            said = {"values": {"polling_interval_seconds": looks_every}, "confirm": "loosen"}
            http.does("PUT", "/api/trading/config", said)
        answer = http.ask("GET", "/ready")
    told = answer.json()
    assert (answer.status_code, told["ready"], told["role"]) == (503 if words else 200, not words, "leading")
    ill = {name: part["words"] for name, part in told["parts"].items() if not part["ok"]}
    assert ill == ({"data": words} if words else {})


def test_settings_that_cannot_be_read_are_why_it_is_not_ready_and_it_leads_all_the_same(
    http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def settings() -> Settings:
        raise Unavailable("the account does not answer")

    monkeypatch.setattr(http.desk, "settings", settings)
    told = http.ask("GET", "/ready").json()
    ill = {name: part["words"] for name, part in told["parts"].items() if not part["ok"]}
    assert (told["role"], ill) == ("leading", {"data": "the account does not answer"})


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/trading/decisions/none-such", 404, "not_found"),
        ("/api/trading/decisions?limit=201", 422, "invalid"),
        ("/api/trading/decisions?from=0", 422, "invalid"),
        ("/api/trading/decisions?from=2024-01-22T14:30:00", 422, "invalid"),
        ("/api/trading/decisions?decision=perhaps", 422, "invalid"),
        ("/api/trading/metrics/history?to=0", 422, "invalid"),
        ("/api/trading/backtest/77", 404, "not_found"),
        ("/api/trading", 404, "not_found"),
        ("/docs", 404, "not_found"),
    ],
)
def test_what_cannot_be_answered_is_a_problem(http: Http, path: str, status: int, code: str) -> None:
    answer = http.ask("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["words"]


def test_no_parameter_is_said_to_take_null_which_nobody_can_send(http: Http) -> None:
    told = [
        parameter["schema"]
        for operations in http.app.openapi()["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
    ]
    assert len(told) > 20
    assert [schema for schema in told if "null" in str(schema)] == []
    assert {"title": "Last-Event-Id", "type": "string", "pattern": "^[0-9]{1,15}$"} in told


def test_a_method_that_a_path_does_not_take_is_told_those_that_it_does(http: Http) -> None:
    answer = http.ask("DELETE", "/api/trading/config")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PUT")


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_every_operation_is_documented_with_its_errors(http: Http) -> None:
    document = http.get("/openapi.json")
    operations = _operations(document)
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) == len(api_routes(http.app)) - 1  # the document itself is not in it
    for operation in operations:
        assert operation["description"]
        assert operation["tags"]
        wanted = {"400", "408", "413", "429"} | (set() if operation["x-scope"] == "open" else {"401", "403"})
        assert wanted <= set(operation["responses"])
        for status, response in operation["responses"].items():
            if status >= "4" and operation["operationId"] != "ready":
                schema = response["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}, (operation["operationId"], status)
