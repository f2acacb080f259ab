"""JSON log: how does a line of the log read for a program that gathers logs? One object a line, by structlog.

    {"timestamp": "2026-11-26T14:03:22.123456Z", "level": "info", "event": "act AAPL buy 12 …", "decision_id": "d7", …}

Every field that is text goes through the filter for secrets, an exception too.
"""

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from stonks_tui.log_secrets import HIDDEN, is_telltale

FIELDS = (
    *("timestamp", "level", "event", "logger", "kind", "ticker"),
    *("recommendation_id", "decision_id", "exit_decision_id", "client_order_id"),
    *("turn", "turn_at", "account", "epoch", "exception", "left_out"),
)
"""All that a line may have, in this order; what is empty is left out."""


def formatter(hide: Callable[[str], str]) -> logging.Formatter:
    """Return what makes a line of a record. `hide` takes secrets out of a text."""
    return ProcessorFormatter(
        foreign_pre_chain=[_fields],
        processors=[ProcessorFormatter.remove_processors_meta, _hidden(hide), _ordered, _rendered],
    )


def _fields(_logger: Any, _method: str, event: EventDict) -> EventDict:
    record: logging.LogRecord = event["_record"]
    turn_at = getattr(record, "turn_at", None)
    said = {name: getattr(record, name, None) for name in FIELDS if name not in ("event", "level")}
    return {
        **event,
        **said,
        **getattr(record, "standing", {}),
        "timestamp": _moment(datetime.fromtimestamp(record.created, UTC)),
        "level": record.levelname.lower(),
        "logger": record.name,
        "turn_at": None if turn_at is None else _moment(turn_at.astimezone(UTC)),
        "exception": record.exc_text,
    }


def _hidden(hide: Callable[[str], str]) -> Processor:
    def without_secrets(_logger: Any, _method: str, event: EventDict) -> EventDict:
        return {name: _without(hide, name, value) for name, value in event.items()}

    return without_secrets


def _without(hide: Callable[[str], str], name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    return HIDDEN if is_telltale(name) and value else hide(str(value))


def _ordered(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return {name: event[name] for name in FIELDS if event.get(name) not in (None, "")}


_rendered = structlog.processors.JSONRenderer(serializer=json.dumps, ensure_ascii=False)


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
