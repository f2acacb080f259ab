import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from engine.adapters import gmail_answers
from engine.adapters.gmail_answers import Answer
from engine.model.notifications import Delivery, Outcome
from tests.support import gmail_endpoint

NOW = datetime(2026, 3, 2, 20, tzinfo=UTC)


def answer(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> Answer:
    content = body if isinstance(body, str) else json.dumps(body)
    return Answer(status=status, headers=headers or {}, body=content.encode(), now=NOW)


@pytest.mark.parametrize(
    ("status", "reason", "outcome", "words"),
    [
        (400, "invalidArgument", Outcome.REFUSED, "Gmail refuses it (400, invalidArgument: No)"),
        (400, "failedPrecondition", Outcome.REFUSED, "this account has no mail: look at gmail_sender"),
        (403, "insufficientPermissions", Outcome.REFUSED, "make a new one with the scope gmail.send"),
        (403, "accessNotConfigured", Outcome.REFUSED, "the Gmail API is off: turn it on"),
        (403, "somethingNew", Outcome.REFUSED, "Gmail refuses it (403, somethingNew: No)"),
        (404, "notFound", Outcome.REFUSED, "Gmail refuses it"),
        (403, "rateLimitExceeded", Outcome.FAILED, "Gmail takes no more now"),
        (403, "userRateLimitExceeded", Outcome.FAILED, "Gmail takes no more now"),
        (429, "rateLimitExceeded", Outcome.FAILED, "Gmail takes no more now"),
        (500, "backendError", Outcome.FAILED, "Gmail fails (500, backendError: No)"),
        (503, "backendError", Outcome.FAILED, "Gmail fails"),
        (502, "", Outcome.UNKNOWN, "Gmail fails on the way"),
        (504, "", Outcome.UNKNOWN, "Gmail fails on the way"),
    ],
)
def test_what_gmail_does_not_take_is_told_with_what_to_do(
    status: int, reason: str, outcome: Outcome, words: str
) -> None:
    delivery = gmail_answers.of_send(answer(status, gmail_endpoint.error(status, reason, "No").body))
    assert delivery.outcome is outcome
    assert words in delivery.words
    assert delivery.retry_after_seconds is None


@pytest.mark.parametrize("body", ["", "<html>", [], {"error": "no"}, {"error": {"errors": ["no"]}}, {"error": None}])
def test_an_error_in_no_known_words_is_told_by_its_number(body: object) -> None:
    assert gmail_answers.of_send(answer(418, body)) == Delivery(outcome=Outcome.REFUSED, words="Gmail refuses it (418)")


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_gmail_asks_to_wait_is_told_whether_in_seconds_or_by_a_date(status: int) -> None:
    for asked in ("90", "Mon, 02 Mar 2026 20:01:30 GMT"):
        delivery = gmail_answers.of_send(answer(status, headers={"retry-after": asked}))
        assert (delivery.outcome, delivery.retry_after_seconds) == (Outcome.FAILED, 90)


@pytest.mark.parametrize(
    ("status", "body", "outcome", "words"),
    [
        (400, {"error": "invalid_grant", "error_description": "Expired."}, Outcome.REFUSED, "is no longer valid"),
        (401, {"error": "invalid_client"}, Outcome.REFUSED, "does not know the OAuth client: look at STONKS_GMAIL"),
        (400, {"error": "invalid_scope"}, Outcome.REFUSED, "make a new one with the scope gmail.send"),
        (403, "<html>no</html>", Outcome.REFUSED, "Google's token service refuses it (403)"),
        (429, "", Outcome.FAILED, "Google's token service takes no more now (429)"),
        (500, "", Outcome.FAILED, "Google's token service fails (500)"),
        (504, "", Outcome.FAILED, "Google's token service fails (504)"),
    ],
)
def test_why_there_is_no_token_is_told_with_what_to_do(status: int, body: object, outcome: Outcome, words: str) -> None:
    delivery = gmail_answers.of_token(answer(status, body))
    assert delivery.outcome is outcome
    assert words in delivery.words


@pytest.mark.parametrize("body", ["<html>", {}, {"id": ""}, {"id": 7}])
def test_an_answer_without_a_name_for_the_message_leaves_it_open(body: object) -> None:
    assert gmail_answers.of_send(answer(200, body)).outcome is Outcome.UNKNOWN
