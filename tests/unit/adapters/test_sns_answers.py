from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from engine.adapters import sns_answers
from engine.model.notifications import Outcome

NOW = datetime(2026, 3, 2, 20, tzinfo=UTC)


def refusal(status: int, code: str, retry_after: str = "") -> ClientError:
    """Return how AWS's library words an answer that is none."""
    headers = {"retry-after": retry_after} if retry_after else {}
    response = {
        "Error": {"Code": code, "Message": "No"},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }
    return ClientError(response, "Publish")


@pytest.mark.parametrize(
    ("status", "code", "outcome", "words"),
    [
        (400, "InvalidParameter", Outcome.REFUSED, "look at sns_phone_number and sns_topic_arn (400 InvalidParameter"),
        (403, "AuthorizationError", Outcome.REFUSED, "allow sns:Publish to whose credentials these are (403"),
        (404, "NotFound", Outcome.REFUSED, "there is no such topic"),
        (400, "OptedOut", Outcome.REFUSED, "this number wants no text messages"),
        (403, "InvalidClientTokenId", Outcome.REFUSED, "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (403, "SignatureDoesNotMatch", Outcome.REFUSED, "and at this machine's clock"),
        (403, "ExpiredToken", Outcome.REFUSED, "the AWS credentials have expired: make new ones"),
        (400, "SomethingNew", Outcome.REFUSED, "SNS refuses it (400 SomethingNew: No)"),
        (500, "InternalError", Outcome.FAILED, "SNS fails (500 InternalError: No)"),
        (503, "ServiceUnavailable", Outcome.FAILED, "SNS fails"),
        (502, "", Outcome.UNKNOWN, "SNS fails on the way"),
        (504, "", Outcome.UNKNOWN, "SNS fails on the way"),
    ],
)
def test_what_sns_does_not_take_is_told_with_what_to_do(status: int, code: str, outcome: Outcome, words: str) -> None:
    delivery = sns_answers.of_error(refusal(status, code), NOW, (), left=True)
    assert delivery.outcome is outcome
    assert words in delivery.words
    assert delivery.retry_after_seconds is None


@pytest.mark.parametrize(
    ("status", "code", "retry_after", "seconds"),
    [
        (429, "TooManyRequests", "90", 90.0),
        (400, "Throttling", "", 10.0),
        (400, "KMSThrottling", "", 10.0),
        (429, "", "", 10.0),
        (503, "ServiceUnavailable", "7", 7.0),
    ],
)
def test_how_long_to_leave_sns_alone_is_told(status: int, code: str, retry_after: str, seconds: float) -> None:
    delivery = sns_answers.of_error(refusal(status, code, retry_after), NOW, (), left=True)
    assert (delivery.outcome, delivery.retry_after_seconds) == (Outcome.FAILED, seconds)
