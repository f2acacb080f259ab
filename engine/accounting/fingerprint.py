"""Fingerprint: did two runs decide and trade exactly alike?"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from engine.model.decision_log import DecisionLog
from engine.model.orders import Fill


def fingerprint(decisions: DecisionLog, fills: Iterable[tuple[str, Fill]]) -> str:
    """Return the SHA-256 over decision id, outcome, reason, shares, fill price and time, in order (spec section 9).

    `fills` are (decision id, fill). Prices are counts of ten-thousandths, moments are ISO 8601; no float takes part.
    """
    executed: dict[object, list[Fill]] = defaultdict(list)
    for decision_id, fill in fills:
        executed[decision_id].append(fill)
    columns = (decisions.column(name) for name in ("decision_id", "outcome", "skip_reason", "kind", "shares"))
    lines = []
    for decision_id, outcome, reason, kind, shares in zip(*columns, strict=True):
        lines.append(f"{decision_id}|{outcome}|{reason or kind}|{shares}\n")
        lines += [f"{f.quantity}|{f.price}|{f.at.isoformat()}\n" for f in executed.get(decision_id, ())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
