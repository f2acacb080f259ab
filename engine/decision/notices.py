"""Notices: what is a person told?"""

from datetime import datetime

from engine.decision.effects import RecordNotice
from engine.model.notices import Notice, NoticeKind


def tell(
    kind: NoticeKind,
    at: datetime,
    *,
    ticker: str = "",
    value: float | None = None,
    limit: float | None = None,
    reference_id: str = "",
    note: str = "",
) -> RecordNotice:
    """Return the effect that tells of it."""
    notice = Notice(at=at, kind=kind, ticker=ticker, value=value, limit=limit, reference_id=reference_id, note=note)
    return RecordNotice(notice=notice)
