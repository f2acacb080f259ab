"""Fingerprint: did two runs decide and trade exactly alike?"""

import hashlib
from collections.abc import Iterable

from engine.model.decision_log import DecisionLog
from engine.model.orders import Fill


def fingerprint(decisions: DecisionLog, fills: Iterable[tuple[str, Fill]]) -> str:
    """Return the SHA-256 over decision id, outcome, reason, shares, fill price and time, in order (spec section 9).

    `fills` are (decision id, fill). Prices are counts of ten-thousandths, moments are ISO 8601; no float takes part.
    Each field goes in as a column, one line a decision or fill.
    """
    ids, outcomes, reasons, kinds, shares = (
        decisions.column(name) for name in ("decision_id", "outcome", "skip_reason", "kind", "shares")
    )
    executed = [f"{decision_id}|{f.quantity}|{f.price}|{f.at.isoformat()}" for decision_id, f in fills]
    digest = hashlib.sha256()
    for column in (
        ids,
        outcomes,
        (reason or kind for reason, kind in zip(reasons, kinds, strict=True)),
        shares,
        executed,
    ):
        digest.update("\n".join(map(str, column)).encode())
        digest.update(b"\n\n")
    return digest.hexdigest()
