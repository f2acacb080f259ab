"""Fingerprint: did two runs decide and trade exactly alike?"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable

from engine.model.decisions import Decision
from engine.model.orders import Fill


def fingerprint(decisions: Iterable[Decision], fills: Iterable[tuple[str, Fill]]) -> str:
    """Return the SHA-256 over decision id, outcome, reason, shares, fill price and time, in order (spec section 9).

    `fills` are (decision id, fill). Prices are counts of ten-thousandths, moments are ISO 8601; no float takes part.
    """
    executed: dict[str, list[Fill]] = defaultdict(list)
    for decision_id, fill in fills:
        executed[decision_id].append(fill)
    digest = hashlib.sha256()
    for d in decisions:
        digest.update(f"{d.decision_id}|{d.outcome}|{d.skip_reason or d.kind}|{d.shares}\n".encode())
        for fill in executed.get(d.decision_id, ()):
            digest.update(f"{fill.quantity}|{fill.price}|{fill.at.isoformat()}\n".encode())
    return digest.hexdigest()
