"""Gmail answers: what do the answers of Google's token and Gmail services mean for a notification?"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.adapters.provider_words import IN_BETWEEN, retry_after_seconds, told
from engine.model.notifications import Delivery, Outcome

_TOO_MANY = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED"}
)
_TO_DO_TOKEN = {
    "invalid_grant": "the refresh token is no longer valid: it was withdrawn, has expired, or belongs to another "
    "client; make a new one and set STONKS_GMAIL_REFRESH_TOKEN",
    "invalid_client": "Google does not know the OAuth client: look at STONKS_GMAIL_CLIENT_ID and "
    "STONKS_GMAIL_CLIENT_SECRET",
    "unauthorized_client": "the OAuth client may not use refresh tokens: make one of the kind Desktop app, and a new "
    "refresh token with it",
    "invalid_scope": "the refresh token is not for Gmail: make a new one with the scope gmail.send",
}
_TO_DO_SEND = {
    "insufficientPermissions": "the refresh token does not allow to send: make a new one with the scope gmail.send",
    "accessNotConfigured": "the Gmail API is off: turn it on in the project of your OAuth client",
    "failedPrecondition": "this account has no mail: look at gmail_sender",
    "domainPolicy": "the administrator of the domain does not allow this OAuth client: ask for it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a service answered. `hidden` must not be told: secrets, tokens, addresses."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    hidden: tuple[str, ...] = ()

    @property
    def fields(self) -> Mapping[str, Any]:
        """Its JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def retry_after(self) -> float | None:
        """Return the seconds that are asked for until the next try."""
        return retry_after_seconds(self.headers.get("retry-after"), self.now)


def of_token(answer: Answer) -> Delivery:
    """Return what the answer of the token service means when there is no token in it. Nothing was sent."""
    reason = str(answer.fields.get("error", ""))
    detail = told(str(answer.fields.get("error_description", "")), answer.hidden)
    return _not_taken(answer, "Google's token service", reason, detail, _TO_DO_TOKEN)


def of_send(answer: Answer) -> Delivery:
    """Return what the answer to a message means."""
    if 200 <= answer.status < 300:
        identity = answer.fields.get("id")
        if isinstance(identity, str) and identity:
            return Delivery(outcome=Outcome.DELIVERED, provider_id=told(identity, ()))
        return Delivery(outcome=Outcome.UNKNOWN, words="Gmail's answer cannot be read: the e-mail may have been sent")
    if answer.status == 401:
        return Delivery(outcome=Outcome.FAILED, words="Gmail does not accept the token that Google has just made")
    error = answer.fields.get("error")
    error = error if isinstance(error, dict) else {}
    return _not_taken(answer, "Gmail", _reason(error), told(str(error.get("message", "")), answer.hidden), _TO_DO_SEND)


def found(answer: Answer) -> bool | None:
    """Return whether a search found something; None: it was not answered."""
    messages = answer.fields.get("messages", [])
    if answer.status != 200 or not answer.fields or not isinstance(messages, list):
        return None
    return bool(messages)


def _not_taken(answer: Answer, who: str, reason: str, detail: str, to_do: Mapping[str, str]) -> Delivery:
    reason = told(reason, answer.hidden)
    said = ", ".join(part for part in (str(answer.status), reason) if part) + (f": {detail}" if detail else "")
    if answer.status in (408, 429) or reason in _TOO_MANY:
        return Delivery(
            outcome=Outcome.FAILED, words=f"{who} takes no more now ({said})", retry_after_seconds=answer.retry_after
        )
    if 300 <= answer.status < 400:
        return Delivery(
            outcome=Outcome.REFUSED,
            words=f"{who} sends elsewhere ({answer.status}), which is not followed: look at STONKS_GMAIL_API_URL and "
            "STONKS_GMAIL_TOKEN_URL",
        )
    if answer.status in IN_BETWEEN and to_do is _TO_DO_SEND:
        words = f"{who} fails on the way ({said}): the e-mail may have been sent"
        return Delivery(outcome=Outcome.UNKNOWN, words=words, retry_after_seconds=answer.retry_after)
    if not 400 <= answer.status < 500:
        return Delivery(outcome=Outcome.FAILED, words=f"{who} fails ({said})", retry_after_seconds=answer.retry_after)
    words = to_do.get(reason, f"{who} refuses it")
    return Delivery(outcome=Outcome.REFUSED, words=f"{words} ({said})")


def _reason(error: Mapping[str, Any]) -> str:
    details = error.get("errors")
    if isinstance(details, list) and details and isinstance(details[0], dict):
        return str(details[0].get("reason", ""))
    return str(error.get("status", ""))
