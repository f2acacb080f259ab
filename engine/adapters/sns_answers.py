"""SNS answers: what does that which Amazon SNS answers, or that it does not, mean for a notification?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore import exceptions as aws

from engine.adapters.provider_words import IN_BETWEEN, retry_after_seconds, told
from engine.model.notifications import Delivery, Outcome

THROTTLED_SECONDS = 10.0
"""So long it is left alone when it takes no more and does not say for how long; its limits are per second."""
_KEYS = "look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or at the profile"
_RIGHTS = "allow sns:Publish to whose credentials these are"
_TO_DO = {
    "InvalidParameter": "look at sns_phone_number and sns_topic_arn",
    "InvalidParameterValue": "look at sns_phone_number and sns_topic_arn",
    "ParameterValueInvalid": "look at sns_phone_number and sns_topic_arn",
    "ValidationException": "look at sns_phone_number and sns_topic_arn",
    "AuthorizationError": _RIGHTS,
    "AccessDenied": _RIGHTS,
    "AccessDeniedException": _RIGHTS,
    "KMSAccessDenied": "allow the key of the topic to whose credentials these are",
    "NotFound": "there is no such topic: look at sns_topic_arn",
    "OptedOut": "this number wants no text messages: opt it in at the SNS console, or set another sns_phone_number",
    "InvalidClientTokenId": _KEYS,
    "UnrecognizedClientException": _KEYS,
    "SignatureDoesNotMatch": f"{_KEYS}, and at this machine's clock",
    "InvalidSecurity": _KEYS,
    "RequestExpired": "set this machine's clock",
    "ExpiredToken": "the AWS credentials have expired: make new ones",
    "ExpiredTokenException": "the AWS credentials have expired: make new ones",
}
_UNREACHED = (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ProxyConnectionError)
_NOT_SET_UP: tuple[tuple[type[Exception], str], ...] = (
    (aws.NoRegionError, "no AWS region is set: set STONKS_SNS_REGION, such as us-east-1"),
    (aws.InvalidRegionError, "the AWS region is none: look at STONKS_SNS_REGION and AWS_DEFAULT_REGION"),
    (
        aws.NoCredentialsError,
        "there are no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
    ),
    (aws.PartialCredentialsError, f"half of the AWS credentials is missing: {_KEYS}"),
    (aws.ProfileNotFound, "there is no such AWS profile: look at AWS_PROFILE"),
    (aws.ConfigParseError, "AWS's configuration file cannot be read: look at ~/.aws/config"),
    (aws.TokenRetrievalError, "the AWS sign-in has expired: run aws sso login"),
    (aws.SSOError, "the AWS sign-in has expired: run aws sso login"),
    (aws.LoginError, "the AWS sign-in has expired: run aws login"),
    (aws.ParamValidationError, "SNS cannot be given this message: look at sns_phone_number and sns_topic_arn"),
    (ValueError, "STONKS_SNS_URL is no address: it looks like https://sns.us-east-1.amazonaws.com"),
)


_NOT_ABOUT_THE_MESSAGE = (_KEYS, _RIGHTS, f"{_KEYS}, and at this machine's clock", "set this machine's clock")


def is_about_credentials(error: Exception) -> bool:
    """Is it for want of other credentials that `error` came of it?"""
    if not isinstance(error, aws.ClientError):
        return isinstance(error, tuple(kind for kind, _ in _NOT_SET_UP if kind is not aws.ParamValidationError))
    to_do = _TO_DO.get(error.response.get("Error", {}).get("Code", ""), "")
    return to_do in _NOT_ABOUT_THE_MESSAGE or "credentials" in to_do


def of_answer(answer: Mapping[str, Any]) -> Delivery:
    """Return what a message that was taken means."""
    identity = answer.get("MessageId")
    if isinstance(identity, str) and identity:
        return Delivery(outcome=Outcome.DELIVERED, provider_id=told(identity, ()))
    return Delivery(outcome=Outcome.UNKNOWN, words="SNS's answer cannot be read: the message may have been sent")


def of_error(error: Exception, now: datetime, hidden: tuple[str, ...], *, left: bool) -> Delivery:
    """Return what `error` of AWS's library means; `left`: the message was on its way by then."""
    if isinstance(error, aws.ClientError):
        return _of_refusal(error, now, hidden)
    why = told(str(error), hidden)
    if isinstance(error, _UNREACHED) or (isinstance(error, aws.SSLError) and "CERTIFICATE" in why):
        return Delivery(outcome=Outcome.UNREACHABLE, words=f"SNS cannot be reached ({why})")
    if left:
        return Delivery(outcome=Outcome.UNKNOWN, words=f"SNS did not answer ({why}): the message may have been sent")
    for kind, words in _NOT_SET_UP:
        if isinstance(error, kind):
            return Delivery(outcome=Outcome.REFUSED, words=words)
    return Delivery(outcome=Outcome.FAILED, words=f"nothing was sent to SNS ({why})")


def _of_refusal(error: aws.ClientError, now: datetime, hidden: tuple[str, ...]) -> Delivery:
    code = told(str(error.response.get("Error", {}).get("Code", "")), hidden)
    detail = told(str(error.response.get("Error", {}).get("Message", "")), hidden)
    metadata = error.response.get("ResponseMetadata", {})
    status, headers = metadata.get("HTTPStatusCode", 0), metadata.get("HTTPHeaders", {})
    said = f"{status} {code}: {detail}" if detail else f"{status} {code}"
    asked = retry_after_seconds(headers.get("retry-after"), now)
    if status in (408, 429) or "Throttl" in code or code in ("TooManyRequestsException", "RequestLimitExceeded"):
        after = THROTTLED_SECONDS if asked is None else asked
        return Delivery(outcome=Outcome.FAILED, words=f"SNS takes no more now ({said})", retry_after_seconds=after)
    if status in IN_BETWEEN:
        words = f"SNS fails on the way ({said}): the message may have been sent"
        return Delivery(outcome=Outcome.UNKNOWN, words=words, retry_after_seconds=asked)
    if not 400 <= status < 500:
        return Delivery(outcome=Outcome.FAILED, words=f"SNS fails ({said})", retry_after_seconds=asked)
    to_do = f": {_TO_DO[code]}" if code in _TO_DO else ""
    return Delivery(outcome=Outcome.REFUSED, words=f"SNS refuses it{to_do} ({said})")
