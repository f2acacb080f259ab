"""`stonks run --http`: real processes asked over real sockets, and the walk of docs/http.md."""

import hashlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.model.audit import Word
from tests.support import postgres
from tests.support.engine_processes import SOON, Account, wait_for
from tests.support.program import ROOT

TOKEN = "an-operating-token"
TOKENS = f"operate ops {hashlib.sha256(TOKEN.encode()).hexdigest()}"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
_PAGE, _README = ROOT / "docs" / "http.md", ROOT / "README.md"


def _ready(url: str, role: str) -> None:
    def is_ready() -> bool:
        answer = httpx.get(f"{url}/ready", timeout=20)
        return answer.status_code == 200 and answer.json()["role"] == role

    wait_for(is_ready, f"ready, {role}")


def _ask(url: str, path: str, said: Any = None) -> httpx.Response:
    method = "GET" if said is None else "POST"
    return httpx.request(method, f"{url}/api/trading/{path}", json=said, headers=AUTH, timeout=60)


def test_one_engine_leads_another_stands_by_and_a_stream_does_not_hold_up_the_end(account: Account) -> None:
    with account.engine(STONKS_HTTP="127.0.0.1:0", STONKS_HTTP_TOKENS=TOKENS) as engine:
        url = engine.listens_at()
        _ready(url, "leading")
        assert _ask(url, "pause", {"note": "over HTTP"}).json()["after"]["cause"] == "over HTTP"
        assert account.says(Word.STATUS).after["cause"] == "over HTTP"
        assert httpx.get(f"{url}/api/trading/status").status_code == 401
        entry = _ask(url, "audit").json()["entries"][0]
        assert (entry["who"], entry["origin"], entry["word"]) == ("ops", "http 127.0.0.1", "pause")

        with account.engine("other", STONKS_HTTP="127.0.0.1:0", STONKS_HTTP_TOKENS=TOKENS) as other:
            beside = other.listens_at()
            _ready(beside, "standby")
            refused = _ask(beside, "resume", {"confirm": "resume"})
            assert (refused.status_code, refused.json()["code"]) == (503, "standing_by")
            assert f":{engine.process.pid} leads under epoch 1" in refused.json()["words"]
            assert _ask(beside, "status").json()["engine"] == "standby"
            assert other.ended(signal.SIGTERM)[0] == 0

        with httpx.stream("GET", f"{url}/api/trading/events", headers=AUTH, timeout=60) as stream:
            lines = stream.iter_lines()
            assert next(lines) == ": stonks"
            assert _ask(url, "resume", {"confirm": "resume"}).status_code == 200
            told = next(line for line in lines if line.startswith("data: "))
            assert "trading is active" in told
            code, seconds = engine.ended(signal.SIGTERM)
            assert (code, seconds < SOON) == (0, True), seconds
        assert account.was_stopped()


def test_a_backtest_is_made_in_a_process_of_its_own(account: Account) -> None:
    with account.engine(STONKS_HTTP="127.0.0.1:0") as engine:
        url = engine.listens_at()
        _ready(url, "leading")
        begun = _ask(url, "backtest", {"capital": "5000", "settings": {"max_open_positions": 3}})
        assert begun.status_code == 202, begun.text
        number = begun.json()["backtest_id"]
        wait_for(lambda: _ask(url, f"backtest/{number}").json()["state"] == "completed", "that it is made")
        told = _ask(url, f"backtest/{number}").json()
        assert (told["initial_capital"], told["metrics"]["sessions"]) == ("5000.0000", 60)
        wait_for(lambda: _ask(url, f"backtest/{number}").json()["progress"]["ended"] is not None, "that it has ended")
        refused = httpx.delete(f"{url}/api/trading/backtest/{number}", timeout=20)
        assert (refused.status_code, refused.json()["code"]) == (409, "refused")
        unknown = _ask(url, "backtest", {"settings": {"max_open_position": 3}})
        assert (unknown.status_code, "max_open_position" in unknown.json()["words"]) == (409, True)
        again = _ask(url, "backtest", {"name": "again"})
        assert (again.status_code, again.json()["backtest_id"]) == (202, number + 1)


def test_beyond_this_machine_it_does_not_begin_without_tokens(
    account: Account, capfd: pytest.CaptureFixture[str]
) -> None:
    assert account.stonks("run", "--no-ui", "--http", "0.0.0.0:0") == 2
    assert "can be reached from other machines, and no tokens are set" in capfd.readouterr().err
    assert not (account.data_dir / "stonks.db").exists()


def test_an_address_that_somebody_has_is_said(account: Account, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        assert account.stonks("run", "--no-ui", "--http", address) == 1
    assert f"nothing can listen at {address}" in capfd.readouterr().err


def _walk() -> list[tuple[list[str], int]]:
    found = []
    for page, heading, least in ((_README, "## In a container", 5), (_PAGE, "## A walk", 20)):
        part = page.read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
        lines = re.findall(r"^(curl .*?) +# (\d+)$", part, re.MULTILINE)
        assert len(lines) == part.count("\ncurl ") > least
        found += [(shlex.split(line), int(status)) for line, status in lines]
    return found


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not there")
def test_the_walks_of_readme_and_document_go_as_they_say(account: Account, tmp_path: Path) -> None:
    with account.engine(STONKS_HTTP="127.0.0.1:0", STONKS_HTTP_TOKENS=TOKENS) as engine:
        names = {"$STONKS": engine.listens_at(), "$AUTH": f"Authorization: Bearer {TOKEN}"}
        _ready(names["$STONKS"], "leading")
        for words, status in _walk():
            command = [_filled(word, names) for word in words]
            if "--json" in command:  # older ones have no such word
                at = command.index("--json")
                command[at : at + 2] = ["-H", "Content-Type: application/json", "-d", command[at + 1]]
            body = tmp_path / "body"
            asked = [*command, "-sS", "--max-time", "60", "-o", str(body), "-w", "%{http_code}"]
            answered = subprocess.run(asked, capture_output=True, text=True, check=True, env=_plain())
            assert answered.stdout == str(status), (words, body.read_text())


def _filled(word: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        word = word.replace(name, value)
    return word


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def test_an_account_in_a_database_is_asked_all_the_same(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.fresh_url() as address:
        monkeypatch.setenv("STONKS_DATABASE_URL", address)
        with account.engine(STONKS_HTTP="127.0.0.1:0", STONKS_HTTP_TOKENS=TOKENS) as engine:
            url = engine.listens_at()
            _ready(url, "leading")
            assert _ask(url, "pause", {"note": "rain"}).status_code == 200
            told = _ask(url, "status").json()
            assert (told["trading"], told["cause"], told["leader"]["is_here"]) == ("reducing", "rain", True)
            assert _ask(url, "audit").json()["entries"][0]["who"] == "ops"
            last = told["turn"]
            assert "trading is reducing: rain" in _ask(url, f"events?after=0&until={last}").text
            for path in ("positions", "decisions", "metrics", "metrics/history", "notifications/history", "config"):
                assert _ask(url, path).status_code == 200, path
            assert engine.ended(signal.SIGTERM)[0] == 0
