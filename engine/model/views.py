"""Views: what do screens, reports and HTTP ask for, beyond a whole book?"""

from dataclasses import dataclass
from datetime import datetime

from engine.model.decisions import Decision, TradingDecisionType


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions? Those to which everything that is given applies.

    `reason` is a skip reason; `since` is included, `until` is not; confidences are fractions, both ends included.
    """

    ticker: str | None = None
    outcome: TradingDecisionType | None = None
    reason: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    confidence_from: float | None = None
    confidence_to: float | None = None

    def fits(self, decision: Decision) -> bool:
        """Does the filter let `decision` through?"""
        return (
            (self.ticker is None or decision.ticker == self.ticker)
            and (self.outcome is None or decision.outcome is self.outcome)
            and (self.reason is None or decision.skip_reason == self.reason)
            and (self.since is None or decision.at >= self.since)
            and (self.until is None or decision.at < self.until)
            and self._is_confidence(decision.confidence)
        )

    def _is_confidence(self, confidence: float | None) -> bool:
        if self.confidence_from is None and self.confidence_to is None:
            return True
        low = 0.0 if self.confidence_from is None else self.confidence_from
        high = 1.0 if self.confidence_to is None else self.confidence_to
        return confidence is not None and low <= confidence <= high


EVERY_DECISION = DecisionFilter()
"""Lets everything through."""
