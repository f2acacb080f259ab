"""The log for programs: an object a line, the ids of one recommendation, and no secret in any field."""

import json
import logging
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.decision import effects as e
from engine.decision import events as v
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.orders import Fill, Order, OrderSide
from stonks_tui import engine_log, json_log
from stonks_tui.log_secrets import HIDDEN, hider
from tests.support.live_turns import an_order
from tests.support.samples import a_decision, a_stop_change, a_trade

AT = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"


def _logged(path: Path, *turns: tuple[v.Event, Sequence[e.Effect]]) -> list[dict[str, Any]]:
    with engine_log.configure("debug", "json", path):
        engine_log.stand(account="acc-1", epoch=3)
        on_turn = engine_log.turn_logger()
        for seq, (event, effects) in enumerate(turns, start=1):
            on_turn(seq, event, effects)
    return [json.loads(line) for line in path.read_text().splitlines()]


def _a_buy() -> tuple[tuple[v.Event, Sequence[e.Effect]], ...]:
    """Turns in which rec-of-1 is bought and sold again by d3, and rec-of-2 is left alone."""
    order, decision = an_order(1), a_decision(1, outcome=TradingDecisionType.ACT, shares=12)
    fill = Fill(
        client_order_id="d1-1-1", ticker="AAPL", side=OrderSide.BUY, quantity=12, price=1_872_100, commission=0, at=AT
    )
    stopped = a_decision(3, kind=DecisionKind.EXIT, outcome=TradingDecisionType.ACT, recommendation_id=None)
    trade = a_trade(decision_id="d1", exit_decision_id="d3", recommendation_id="rec-of-1")
    closed = e.RecordTrade(trade=trade)
    return (
        (v.EntriesDue(at=AT), [e.RecordDecision(decision=decision), e.SubmitOrder(order=order)]),
        (v.EntriesDue(at=AT), [e.RecordDecision(decision=a_decision(2))]),
        (v.OrderFilled(at=AT, fill=fill), [e.RecordStopChange(change=a_stop_change("d1"))]),
        (v.EntriesDue(at=AT), [e.RecordDecision(decision=stopped), e.SubmitOrder(order=_sale(3))]),
        (v.OrderFilled(at=AT, fill=replace(fill, client_order_id="d3-1-1", side=OrderSide.SELL)), [closed]),
    )


def _sale(number: int) -> Order:
    return an_order(number, side=OrderSide.SELL, recommendation_id=None)


def test_a_line_says_moment_level_and_event_first_and_nothing_that_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with engine_log.configure("info", "json", path):
        logging.getLogger("stonks").warning("the lease is late")
    found = json.loads(path.read_text())
    assert list(found) == ["timestamp", "level", "event", "logger"]
    assert (found["level"], found["event"], found["logger"]) == ("warning", "the lease is late", "stonks")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found["timestamp"])


def test_each_line_of_a_turn_has_the_ids_of_what_it_is_about(tmp_path: Path) -> None:
    found = _logged(tmp_path / "log", *_a_buy())
    ids = [(line["kind"], *(line.get(name, "") for name in engine_log.IDS)) for line in found]
    assert ids == [
        ("act", "rec-of-1", "d1", "", ""),
        ("order", "rec-of-1", "d1", "", "d1-1-1"),
        ("skip", "rec-of-2", "d2", "", ""),
        ("fill", "", "d1", "", "d1-1-1"),
        ("stop", "", "d1", "", ""),
        ("act", "", "d3", "", ""),
        ("order", "", "d3", "", "d3-1-1"),
        ("fill", "", "d3", "", "d3-1-1"),
        ("closed", "rec-of-1", "d1", "d3", ""),
    ]
    assert [line["turn"] for line in found] == [1, 1, 2, 3, 3, 4, 4, 5, 5]
    assert {(line["account"], line["epoch"]) for line in found} == {("acc-1", 3)}


def test_account_and_epoch_are_those_of_when_it_was_said_and_end_with_the_log(tmp_path: Path) -> None:
    path, log = tmp_path / "log", logging.getLogger("stonks")
    with engine_log.configure("info", "json", path):
        engine_log.stand(epoch=3)
        log.info("one")
        engine_log.stand(epoch=4)
        log.info("two")
    with engine_log.configure("info", "json", path):
        log.info("three")
    assert [json.loads(line).get("epoch") for line in path.read_text().splitlines()] == [3, 4, None]


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_one_recommendation_is_followed_with_the_line_of_the_document(tmp_path: Path) -> None:
    _logged(tmp_path / "log", *_a_buy())
    command = re.search(r"```\n(jq .*?)\n```", DOCUMENT.read_text(), re.DOTALL)
    assert command
    line = command[1].replace("RECOMMENDATION", "rec-of-1").replace("stonks.log", str(tmp_path / "log"))
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    kinds = [json.loads(said)["kind"] for said in done.stdout.splitlines()]
    assert kinds == ["act", "order", "fill", "stop", "act", "order", "fill", "closed"]


def test_no_field_lets_a_secret_through() -> None:
    record = logging.LogRecord("stonks", logging.INFO, "", 0, "sesame-open in the event", None, None)
    for name in json_log.FIELDS:
        if name not in ("event", "level", "turn_at", "timestamp", "logger", "exception"):
            setattr(record, name, f"{name} says sesame-open")
    record.name, record.exc_text = "sesame-open", "Trace: sesame-open"
    record.standing = {"account": "postgresql://stonks:hunter2@db/live", "epoch": 3}
    written = json_log.formatter(hider({"SOME_PASSWORD": "sesame-open"})).format(record)
    assert "sesame-open" not in written
    assert "hunter2" not in written
    assert set(json_log.FIELDS) - set(json.loads(written)) == {"turn_at"}


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("STONKS_REDIS_PASSWORD", "quite-open-sesame", "quite-open-sesame"),
        ("STONKS_REDIS_URL", "rediss://stonks:p%40ss-word@cache:6379/0", "p@ss-word"),
        ("STONKS_REDIS_URL", "rediss://:p%40ss-word@cache:6379/0", "p%40ss-word"),
        ("STONKS_ENGINE_TOKEN", "tok-0123456789", "tok-0123456789"),
        ("STONKS_HTTP_TOKENS", f"operate ops {'ab' * 32};read grafana {'cd' * 32}", "cd" * 32),
    ],
)
@pytest.mark.parametrize("in_a_file", [False, True])
def test_tokens_and_passwords_of_redis_and_http_are_known_by_their_values(
    tmp_path: Path, name: str, value: str, secret: str, in_a_file: bool
) -> None:
    environment = {name: value}
    if in_a_file:
        (tmp_path / "secret").write_text(f"{value}\n")
        environment = {f"{name}_FILE": str(tmp_path / "secret")}
    assert hider(environment)(f"the server says: <{secret}>") == f"the server says: <{HIDDEN}>"


def test_the_name_of_a_token_and_what_it_is_for_stay(tmp_path: Path) -> None:
    hide = hider({"STONKS_HTTP_TOKENS": f"operate ops {'ab' * 32}"})
    assert hide("asked pause by ops (http), who may operate") == "asked pause by ops (http), who may operate"
