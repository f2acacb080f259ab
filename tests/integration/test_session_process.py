"""A real engine on the real clock while a session of the exchange is on: prices come in, and it buys."""

import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from engine.adapters import clock
from tests.support import exchange_hours
from tests.support.engine_processes import Account, wait_for

BARS = "date,ticker,open,high,low,close,volume\n"
QUOTES = "ticker,price,at\n"
RECOMMENDATIONS = "recommendation_id,ticker,action,mode,confidence,generated_at,source,thesis\n"


def _known(account: Account, folder: Path) -> None:
    """Have the account know a ticker that is traded these days."""
    exchange_hours.open_since(account.data_dir, timedelta(hours=2))
    days = exchange_hours.days_before(account.data_dir, 40)
    bars = folder / "bars-of-late.csv"
    bars.write_text(BARS + "".join(f"{day},LATE,20.00,20.50,19.50,20.00,1000000\n" for day in days), encoding="utf-8")
    assert account.stonks("import", "bars", str(bars)) == 0


def _now() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"


def test_an_engine_in_a_session_is_ready_once_prices_come_and_buys_what_is_recommended(
    account: Account, tmp_path: Path
) -> None:
    _known(account, tmp_path)
    quotes, recommendations = tmp_path / "quotes.csv", tmp_path / "recommendations.csv"
    quotes.write_text(QUOTES, encoding="utf-8")
    recommendations.write_text(RECOMMENDATIONS, encoding="utf-8")
    with account.engine(
        STONKS_HTTP="127.0.0.1:0",
        STONKS_POLLING_INTERVAL_SECONDS="1",
        STONKS_QUOTES=str(quotes),
        STONKS_RECOMMENDATIONS=str(recommendations),
    ) as engine:
        url = engine.listens_at()

        def data() -> str:
            answer = httpx.get(f"{url}/ready", timeout=20)
            said = answer.json()
            assert answer.status_code == (200 if said["ready"] else 503)
            return f"{answer.status_code} {said['parts']['data']['words']}"

        def asked(path: str) -> dict[str, Any]:
            found: dict[str, Any] = httpx.get(f"{url}/api/trading/{path}", timeout=20).json()
            return found

        wait_for(lambda: data() == "503 no price has come yet", "that it lacks prices")
        with quotes.open("a", encoding="utf-8") as file:
            file.write(f"LATE,20.00,{_now()}\n")
        wait_for(lambda: data().startswith("200 the newest price is "), "that it has prices")
        with recommendations.open("a", encoding="utf-8") as file:
            file.write(f"r1,LATE,buy,paper_eligible,0.90,{_now()},desk,of late\n")
        wait_for(lambda: bool(asked("positions")["positions"]), "that it holds something")
        (decision,) = asked("decisions")["decisions"]
        assert (decision["outcome"], decision["recommendation_id"], decision["price"]) == ("act", "r1", "20.0000")
        (position,) = asked("positions")["positions"]
        assert (position["quantity"], position["stop"]) == (116, "18.0100")  # a third of 346; two ATR below 20.01
        assert engine.ended(signal.SIGTERM)[0] == 0
        assert account.was_stopped()
