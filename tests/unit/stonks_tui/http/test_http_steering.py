"""Steering over HTTP: the ladder of danger, what is kept of each word, and what is said when it is not done."""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Unavailable
from engine.model.audit import Answered, Asked
from tests.support import http_account
from tests.support.http_account import OPERATE, Http


@pytest.fixture
def asked(made: Path, tmp_path: Path) -> Iterator[Http]:
    """An account of one's own, with tokens; it is asked with the one that may steer."""
    with (
        http_account.opened(made, tmp_path) as (data_dir, engine),
        http_account.interface(data_dir, engine, tokens=http_account.tokens()) as http,
    ):
        yield http


def _does(http: Http, method: str, path: str, said: Any) -> tuple[int, Any]:
    answer = http.ask(method, f"/api/trading/{path}", said, token=OPERATE)
    return answer.status_code, answer.json()


def test_the_ladder_nothing_dangerous_is_done_before_it_is_named(asked: Http) -> None:
    wants: list[tuple[str, str, dict[str, Any], str]] = [
        ("POST", "positions/AAA/close", {}, "AAA"),
        ("POST", "positions/close", {"confirm": "all 2 positions"}, "all 3 positions"),
        ("POST", "resume", {"confirm": "yes"}, "resume"),
        ("POST", "halt", {}, "halt"),
        ("PUT", "tier", {"name": "aggressive"}, "aggressive"),
        ("POST", "reserve", {"amount": "-1.00"}, "reserve"),
        ("PUT", "config", {"values": {"max_open_positions": 20}}, "loosen"),
    ]
    for method, path, said, confirm in wants:
        status, problem = _does(asked, method, path, said)
        assert (status, problem["code"], problem["confirm"]) == (409, "confirm", confirm), path
    assert asked.ask("GET", "/api/trading/audit", token=OPERATE).json()["entries"] == []
    for method, path, said, confirm in wants[:1] + wants[3:]:
        status, answer = _does(asked, method, path, {**said, "confirm": confirm})
        assert (status, answer["done"]) == (200, True), (path, answer)


def test_each_word_is_kept_with_who_said_it_and_from_where(asked: Http) -> None:
    was = asked.ask("GET", "/api/trading/config", token=OPERATE).json()["settings"]["max_open_positions"]["value"]
    assert _does(asked, "POST", "pause", {"note": "lunch\x1b[31m"})[0] == 200
    assert _does(asked, "PUT", "config", {"values": {"max_open_positions": 1, "email_max_per_hour": 7}})[0] == 200
    assert _does(asked, "POST", "reserve", {"amount": "12.5"})[0] == 200
    entries = asked.ask("GET", "/api/trading/audit", token=OPERATE).json()["entries"]
    assert {(entry["who"], entry["origin"]) for entry in entries} == {("ops", "http 127.0.0.1")}
    assert [entry["word"] for entry in entries] == ["reserve", "set", "set", "pause"]
    assert entries[-1]["after"] == {"trading": "reducing", "cause": "lunch [31m"}
    assert entries[1]["before"] | entries[2]["before"] == {
        "setting.max_open_positions": str(was),
        "setting.email_max_per_hour": "20",
    }


def test_a_breaker_is_tripped_listed_and_cleared_by_its_id(asked: Http) -> None:
    assert _does(asked, "POST", "breakers", {"note": "rumours"})[0] == 200
    (on,) = asked.ask("GET", "/api/trading/breakers", token=OPERATE).json()["active"]
    path = f"breakers/{on['breaker_id']}/resolve"
    assert _does(asked, "POST", path, {})[1]["confirm"] == on["breaker_id"]
    assert _does(asked, "POST", path, {"confirm": on["breaker_id"]})[0] == 200
    assert _does(asked, "POST", path, {"confirm": on["breaker_id"]})[0] == 404


def test_what_is_being_closed_already_may_be_asked_for_again(asked: Http) -> None:
    told = asked.ask("GET", "/api/trading/positions", token=OPERATE).json()
    ticker = next(position["ticker"] for position in told["positions"])
    path = f"positions/{ticker.lower()}/close"
    assert _does(asked, "POST", path, {"confirm": ticker})[1]["words"].startswith(f"{ticker} is being closed")
    assert _does(asked, "POST", path, {"confirm": ticker})[1]["words"] == f"{ticker} is being closed already"
    assert _does(asked, "POST", "positions/close", {"confirm": told["confirm"]})[0] == 200


@pytest.mark.parametrize(
    ("path", "said", "status", "code"),
    [
        ("positions/ZZZ/close", {"confirm": "ZZZ"}, 404, "not_found"),
        ("breakers/b404/resolve", {"confirm": "b404"}, 404, "not_found"),
        ("reserve", {"amount": "1e3000"}, 422, "invalid"),
        ("reserve", {"amount": "900000000"}, 409, "refused"),
        ("pause", {"notes": "slip"}, 422, "invalid"),
        ("pause", [], 422, "invalid"),
        ("backtest", {"start": "2024-02-01", "end": "2024-01-01"}, 409, "refused"),
        ("backtest", {"name": "--bars=/etc/passwd"}, 422, "invalid"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(
    http: Http, path: str, said: Any, status: int, code: str
) -> None:
    answer = http.ask("POST", f"/api/trading/{path}", said)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"max_open_position": 8}, 422),
        ({"max_open_positions": "many"}, 422),
        ({"max_open_positions": -1}, 422),
        ({"enabled": "perhaps"}, 422),
        ({"capital": 5}, 422),
        ({}, 409),
        ({"email_enabled": True}, 409),
    ],
)
def test_settings_that_cannot_be_are_refused(http: Http, values: Any, status: int) -> None:
    answer = http.ask("PUT", "/api/trading/config", {"values": values, "confirm": "loosen"})
    assert answer.status_code == status, answer.text


def test_addresses_are_shown_only_in_part(asked: Http) -> None:
    said = {"values": {"gmail_recipient": "somebody@example.com"}}
    assert "somebody" not in str(_does(asked, "PUT", "notifications/config", said)[1])
    told = asked.ask("GET", "/api/trading/notifications/config", token=OPERATE).json()["settings"]
    assert told["gmail_recipient"]["value"] == "s***@example.com"
    assert "somebody" not in asked.ask("GET", "/api/trading/audit", token=OPERATE).text


def _answering(http: Http, answer: Answered | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(_asked: Asked) -> "Future[Answered]":
        future: Future[Answered] = Future()
        if answer is not None:
            future.set_result(answer)
        return future

    monkeypatch.setattr(http.desk, "_ask_engine", ask)
    monkeypatch.setattr(http.desk, "_seconds", 0.05)


def test_an_engine_that_stands_by_says_who_leads(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    standing_by = Answered(done=False, words="standing by: another leads", after={"trading": "standby"})
    _answering(http, standing_by, monkeypatch)
    answer = http.ask("POST", "/api/trading/pause", {})
    assert (answer.status_code, answer.json()["code"]) == (503, "standing_by")
    assert "leads under epoch" in answer.json()["words"]
    assert answer.headers["retry-after"]


def test_an_engine_that_is_busy_is_not_waited_for(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    _answering(http, None, monkeypatch)
    answer = http.ask("POST", "/api/trading/pause", {})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "has not answered within" in answer.json()["words"]
    assert "may have taken effect" in answer.json()["hint"]
    _answering(http, Answered(done=False, words="the engine has stopped"), monkeypatch)
    assert http.ask("POST", "/api/trading/pause", {}).status_code == 503


def test_a_database_that_is_away_is_said_by_every_route(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(http.desk, "_reader", away)
    answer = http.ask("GET", "/api/trading/status")
    assert (answer.status_code, answer.json()["words"]) == (503, "the database does not answer")
    ready = http.ask("GET", "/ready")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert ready.json()["parts"]["account"]["words"] == "the database does not answer"
    assert http.ask("GET", "/health").status_code == 200
