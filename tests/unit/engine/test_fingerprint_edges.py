"""Fingerprint: what it is made of, down to the byte, and what changes it."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from engine.accounting.fingerprint import fingerprint
from engine.model.decision_log import DecisionLog
from engine.model.decisions import DecisionKind, TradingDecisionType
from engine.model.orders import Fill
from tests.support.samples import AT, a_decision, an_execution

NEXT = AT + timedelta(days=1)


def a_fill(**fields: Any) -> Fill:
    plain = {f: getattr(an_execution("d2").fill, f) for f in Fill.__slots__}
    return Fill(**plain | fields)


def a_log(**fields: Any) -> DecisionLog:
    """Return a skip and a purchase with these fields."""
    bought: dict[str, Any] = {"outcome": TradingDecisionType.ACT, "skip_reason": None, "shares": 10}
    return DecisionLog([a_decision(1), a_decision(2, **bought | fields)])


def test_a_fingerprint_is_the_hash_of_five_columns_with_a_blank_line_after_each() -> None:
    text = (
        "d1\nd2\n\n"
        "skip\nact\n\n"
        "low_confidence\nentry\n\n"
        "0\n10\n\n"
        "d2|10|1712300|2024-03-01T14:45:00+00:00\nd2|3|1712400|2024-03-02T14:45:00+00:00\n\n"
    )
    fills = [("d2", a_fill()), ("d2", a_fill(quantity=3, price=1_712_400, at=NEXT))]
    assert fingerprint(a_log(), fills) == hashlib.sha256(text.encode()).hexdigest()


def test_a_run_without_decisions_has_a_fingerprint_too() -> None:
    assert fingerprint(DecisionLog(), []) == hashlib.sha256(b"\n\n" * 5).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        {"decision_id": "d3"},
        {"outcome": TradingDecisionType.SKIP},
        {"skip_reason": "cash"},
        {"kind": DecisionKind.EXIT},
        {"shares": 11},
    ],
)
def test_each_part_of_a_decision_is_in_it(changed: dict[str, Any]) -> None:
    assert fingerprint(a_log(**changed), []) != fingerprint(a_log(), [])


@pytest.mark.parametrize("changed", [{"quantity": 9}, {"price": 1}, {"at": NEXT}])
def test_each_part_of_a_fill_is_in_it(changed: dict[str, Any]) -> None:
    assert fingerprint(a_log(), [("d2", a_fill(**changed))]) != fingerprint(a_log(), [("d2", a_fill())])


class Torn(DecisionLog):
    """A log that has lost a reason."""

    def column(self, field: str) -> list[object]:
        return super().column(field)[:-1] if field == "skip_reason" else super().column(field)


def test_a_log_that_lost_something_has_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="longer"):
        fingerprint(Torn([a_decision(1), a_decision(2)]), [])


def test_what_is_only_measured_is_not_in_it() -> None:
    assert fingerprint(a_log(heat=0.5, dollars=3.0, confidence=0.1), []) == fingerprint(a_log(), [])
