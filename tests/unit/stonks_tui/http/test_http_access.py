"""Who is let in: every route wants a scope, and whoever has none is told so before anything is read."""

import hashlib
from pathlib import Path

import pytest

from engine.errors import BadInput
from stonks_tui.http import access, address
from stonks_tui.http.access import Scope
from stonks_tui.http.app import api_routes
from stonks_tui.http.routing import GuardedRoute, router
from tests.support.http_account import OPERATE, READ, Http, tokens

_FILLED = {"{ticker}": "ZZZ", "{breaker_id}": "b404", "{decision_id}": "d404", "{backtest_id}": "404"}
_NO_TOKEN, _TOO_SMALL = "no_token", "scope_too_small"


def _asked(http: Http, route: GuardedRoute, method: str, token: str) -> tuple[int, str]:
    path = route.path
    for name, value in _FILLED.items():
        path = path.replace(name, value)
    if path.endswith("/events"):
        path += "?after=0&until=0"
    answer = http.ask(method, path, b"", token=token)
    code = answer.json().get("code", "") if answer.headers["content-type"] == "application/json" else ""
    return answer.status_code, code


def test_the_matrix_every_route_is_open_only_to_whoever_has_its_scope(locked: Http) -> None:
    routes = api_routes(locked.app)
    assert len(routes) == len(locked.app.routes) > 30, "a route that is not guarded"
    for route in routes:
        for method in route.methods or ():
            said = f"{method} {route.path}"
            codes = {token: _asked(locked, route, method, token) for token in ("", "wrong", READ, OPERATE)}
            lets_in = {token: code[0] not in (401, 403) for token, code in codes.items()}
            wanted = route.scope_wanted
            if wanted is Scope.OPEN:
                assert all(lets_in.values()), said
                continue
            assert (codes[""], codes["wrong"]) == ((401, _NO_TOKEN), (401, "unknown_token")), said
            assert lets_in == {"": False, "wrong": False, READ: wanted is Scope.READ, OPERATE: True}, said
            assert wanted is Scope.READ or codes[READ] == (403, _TOO_SMALL), said


def test_what_changes_something_wants_the_scope_to_operate(locked: Http) -> None:
    scopes = {method: route.scope_wanted for route in api_routes(locked.app) for method in route.methods or ()}
    assert {scopes[method] for method in scopes if method != "GET"} == {Scope.OPERATE}
    assert [r.path for r in api_routes(locked.app) if r.scope_wanted is Scope.OPEN] == ["/health", "/ready"]


def test_a_route_without_a_scope_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="x-scope"):
        router("new").get("/new")(lambda: None)


def test_a_refused_caller_is_told_how_to_show_a_token(locked: Http) -> None:
    answer = locked.ask("GET", "/api/trading/status")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json()["hint"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:8000", "", "[::2]"])
def test_without_tokens_a_host_that_is_not_ours_is_refused(http: Http, host: str) -> None:
    answer = http.ask("GET", "/api/trading/status", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (403, "strange_host")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:9"])
def test_without_tokens_names_of_this_machine_are_heard(http: Http, host: str) -> None:
    assert http.ask("GET", "/api/trading/status", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9000", "https://127.0.0.1:8000"])
def test_without_tokens_a_page_of_somebody_else_is_refused(http: Http, origin: str) -> None:
    answer = http.ask("POST", "/api/trading/pause", {}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "strange_origin")
    assert http.ask("GET", "/health", headers={"Origin": "http://127.0.0.1:8000"}).status_code == 200


def test_a_body_that_a_form_can_send_is_refused(http: Http) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        headers = {"Content-Type": kind} if kind else {}
        answer = http.ask("POST", "/api/trading/pause", b'{"note": ""}', headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "not_json"), kind


def test_beyond_this_machine_nobody_listens_without_tokens() -> None:
    for host in ("0.0.0.0", "192.0.2.1", "[::]", "example.com"):
        with pytest.raises(BadInput, match="no tokens are set"):
            address.plan(f"{host}:8000", environment={})
        assert address.plan(f"{host}:8000", environment={access.TOKENS: tokens()}).port == 8000
    assert not address.plan("localhost:0", environment={}).access.tokens


def test_tokens_come_from_a_file_too_as_sha256sum_writes_them(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    digest = hashlib.sha256(b"secret").hexdigest()
    file.write_text(f"# who may ask\n\noperate ops {digest}  -\n")
    found = access.read({access.TOKENS_FILE: str(file)})
    caller = found.caller("secret", "10.0.0.1")
    assert caller is not None
    assert (caller.name, caller.scope, caller.peer) == ("ops", Scope.OPERATE, "10.0.0.1")
    assert found.caller("Secret", "") is None
    assert found.caller("", "") is None
    assert found.caller(None, "") is None


@pytest.mark.parametrize(
    "text",
    ["operate ops secret", "admin ops " + "0" * 64, "read a:b " + "0" * 64, "read " + "0" * 64],
)
def test_what_is_no_token_is_refused_without_being_said(text: str) -> None:
    with pytest.raises(BadInput, match="that is no token") as refused:
        access.read({access.TOKENS: text})
    assert text.rsplit(maxsplit=1)[-1] not in f"{refused.value.message} {refused.value.hint}"


def test_a_token_is_said_in_one_place_and_under_one_name(tmp_path: Path) -> None:
    digest = "0" * 64
    with pytest.raises(BadInput, match="are both set"):
        access.read({access.TOKENS: f"read a {digest}", access.TOKENS_FILE: "x"})
    with pytest.raises(BadInput, match="a is named twice"):
        access.read({access.TOKENS: f"read a {digest};operate a {digest}"})
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        access.read({access.TOKENS_FILE: str(tmp_path / "none")})
    (tmp_path / "empty").write_text("# nobody\n")
    with pytest.raises(BadInput, match="there is no token in"):
        access.read({access.TOKENS_FILE: str(tmp_path / "empty")})
