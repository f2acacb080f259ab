"""Two engines on one database behind one address: whichever is asked over HTTP, the one that leads obeys."""

import signal
from typing import Any

import httpx

from tests.integration.test_http_process import AUTH, TOKENS
from tests.support import postgres
from tests.support.engine_processes import Account, wait_for

_HTTP = {"STONKS_HTTP": "127.0.0.1:0", "STONKS_HTTP_TOKENS": TOKENS}


def _ask(url: str, path: str, said: Any = None) -> httpx.Response:
    method = "GET" if said is None else "POST"
    return httpx.request(method, f"{url}/api/trading/{path}", json=said, headers=AUTH, timeout=60)


def _role(url: str) -> str:
    return str(httpx.get(f"{url}/ready", timeout=20).json()["role"])


def test_the_one_that_stands_by_passes_words_on(account: Account) -> None:
    with postgres.fresh_url() as database:
        told = {**_HTTP, "STONKS_DATABASE_URL": database}
        with account.engine("first", **told) as first:
            leader = first.listens_at()
            wait_for(lambda: _role(leader) == "leading", "a leader")
            with account.engine("second", **told) as second:
                standby = second.listens_at()
                wait_for(lambda: _role(standby) == "standby", "a standby")

                done = _ask(standby, "pause", {"note": "through the other"})
                assert (done.status_code, done.json()["after"]["cause"]) == (200, "through the other")
                assert _ask(standby, "status").json()["trading"] == "reducing"  # no moment later either
                assert _ask(leader, "status").json()["cause"] == "through the other"
                entry = _ask(standby, "audit").json()["entries"][0]
                assert (entry["who"], entry["origin"]) == ("ops (database user postgres)", "http 127.0.0.1")

                unmeant = _ask(standby, "resume", {})
                assert (unmeant.status_code, unmeant.json()["confirm"]) == (409, "resume")
                refused = _ask(standby, "reserve", {"amount": "9999999.00"})
                assert (refused.status_code, refused.json()["code"]) == (409, "refused")

                first.process.send_signal(signal.SIGKILL)
                first.process.wait()
                wait_for(lambda: _role(standby) == "leading", "the other leads", 60)
                assert _ask(standby, "resume", {"confirm": "resume"}).status_code == 200
                assert second.ended(signal.SIGTERM)[0] == 0
