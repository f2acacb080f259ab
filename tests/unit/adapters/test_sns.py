import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.adapters.carrying import Patience
from engine.adapters.sns import SnsNotifier, fields
from engine.model.notifications import Delivery, NotificationChannel, Outcome
from engine.notification_settings import NotificationSettings
from tests.support import sns_endpoint
from tests.support.http_endpoint import refusing_url
from tests.support.notes import BY_PHONE, BY_TOPIC, note
from tests.support.sns_endpoint import FaultySns, Published, SnsEndpoint

PATIENCE = Patience(connect_seconds=30, read_seconds=30, attempt_seconds=60)
"""A busy machine is no fault."""
SMS = NotificationChannel.SMS


@pytest.fixture(scope="module")
def moto() -> Iterator[SnsEndpoint]:
    with sns_endpoint.sns_endpoint() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def listening() -> Iterator[FaultySns]:
    with sns_endpoint.faulty_sns() as endpoint:
        yield endpoint


@pytest.fixture
def sns(listening: FaultySns) -> FaultySns:
    listening.clear()
    return listening


Open = Callable[..., SnsNotifier]


@pytest.fixture
async def opened(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    notifiers: list[SnsNotifier] = []

    def new(environment: Mapping[str, str], patience: Patience = PATIENCE) -> SnsNotifier:
        for name, text in environment.items():  # AWS's own library looks there itself
            monkeypatch.setenv(name, text)
        notifiers.append(SnsNotifier(environment, patience))
        return notifiers[-1]

    yield new
    for notifier in notifiers:
        await notifier.close()


@pytest.fixture
def notifier(sns: FaultySns, opened: Open) -> SnsNotifier:
    return opened(sns.environment())


async def test_text_messages_and_topics_arrive(moto: SnsEndpoint, opened: Open) -> None:
    moto.clear()
    notifier = opened(moto.environment())
    to_phone = await notifier.send(note(channel=SMS), BY_PHONE)
    to_topic = await notifier.send(note(channel=SMS), BY_TOPIC)
    assert (to_phone.outcome, to_topic.outcome) == (Outcome.DELIVERED, Outcome.DELIVERED)
    words = "AAPL fell below its stop.\n10 shares were sold at $101.20."
    assert moto.sent == [
        Published(phone_number="+15551234567", message=words, message_id=to_phone.provider_id),
        Published(
            topic_arn=sns_endpoint.TOPIC, message=words, message_id=to_topic.provider_id, subject="Stop hit: AAPL"
        ),
    ]


async def test_a_topic_that_is_not_there_is_refused_with_what_to_do(moto: SnsEndpoint, opened: Open) -> None:
    gone = replace(BY_TOPIC, sns_topic_arn=sns_endpoint.TOPIC + "-gone")
    delivery = await opened(moto.environment()).send(note(), gone)
    assert delivery.outcome is Outcome.REFUSED
    assert delivery.words.startswith("SNS refuses it: there is no such topic: look at sns_topic_arn (404 NotFound: ")


async def test_the_address_may_be_given_in_the_words_of_aws_too(sns: FaultySns, opened: Open) -> None:
    environment = sns.environment()
    environment["AWS_ENDPOINT_URL_SNS"] = environment.pop("STONKS_SNS_URL")
    assert (await opened(environment).send(note(), BY_PHONE)).outcome is Outcome.DELIVERED
    assert len(sns.sent) == 1


async def test_what_sns_does_not_take_is_not_tried_again_by_awss_own_library(
    sns: FaultySns, notifier: SnsNotifier
) -> None:
    sns.refuse(500, "InternalError", "No")
    assert (await notifier.send(note(), BY_PHONE)).words == "SNS fails (500 InternalError: No)"
    sns.refuse(429, "Throttling", "Rate exceeded", retry_after="90")
    assert await notifier.send(note(), BY_PHONE) == Delivery(
        outcome=Outcome.FAILED, words="SNS takes no more now (429 Throttling: Rate exceeded)", retry_after_seconds=90
    )
    sns.refuse(400, "InvalidParameter", f"Reason: {BY_PHONE.sns_phone_number} is not valid")
    assert (await notifier.send(note(), BY_PHONE)).words == (
        "SNS refuses it: look at sns_phone_number and sns_topic_arn (400 InvalidParameter: Reason: *** is not valid)"
    )
    assert len(sns.requests) == 3
    assert sns.sent == []


async def test_no_proxy_leads_to_this_machine(
    sns: FaultySns, notifier: SnsNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with refusing_url() as url:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, url)
        assert (await notifier.send(note(), BY_PHONE)).outcome is Outcome.DELIVERED


async def test_whoever_cannot_be_reached_got_nothing(sns: FaultySns, opened: Open) -> None:
    with refusing_url() as url:
        delivery = await opened(sns_endpoint.environment(url)).send(note(), BY_PHONE)
    assert delivery.outcome is Outcome.UNREACHABLE
    assert delivery.words.startswith("SNS cannot be reached (Could not connect to the endpoint URL")


async def test_a_message_that_nobody_answered_may_have_arrived(sns: FaultySns, notifier: SnsNotifier) -> None:
    sns.break_off(takes=True)
    broken = await notifier.send(note("broken"), BY_PHONE)
    assert broken.outcome is Outcome.UNKNOWN
    assert broken.words.endswith("the message may have been sent")
    assert len(sns.sent) == len(sns.requests) == 1
    sns.answer_with(200, "<html>")
    assert (await notifier.send(note(), BY_PHONE)).outcome is Outcome.UNKNOWN
    sns.answer_with(200, "<PublishResponse><PublishResult/></PublishResponse>")
    assert (await notifier.send(note(), BY_PHONE)).outcome is Outcome.UNKNOWN
    assert await notifier.was_sent(note("broken"), BY_PHONE) is None


async def test_an_answer_that_does_not_come_in_time_leaves_it_open(sns: FaultySns, opened: Open) -> None:
    sns.hang()
    delivery = await opened(sns.environment(), replace(PATIENCE, read_seconds=0.1)).send(note(), BY_PHONE)
    assert delivery.outcome is Outcome.UNKNOWN
    assert len(sns.requests) == 1


async def test_an_attempt_that_is_given_up_at_the_end_may_have_arrived(sns: FaultySns, notifier: SnsNotifier) -> None:
    sns.hang()
    sending = asyncio.create_task(notifier.send(note(), BY_PHONE))
    while not sns.requests:  # noqa: ASYNC110 - what is waited for happens in the endpoint's threads
        await asyncio.sleep(0.002)
    await notifier.close()
    assert (await sending).outcome is Outcome.UNKNOWN
    again = await notifier.send(note(), BY_PHONE)
    assert again == Delivery(outcome=Outcome.UNREACHABLE, words="SNS was not reached (it was given up before it began)")


@pytest.mark.parametrize(
    ("left_out", "given", "words"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), {}, "there are no AWS credentials: set AWS_ACCESS_KEY_ID"),
        (("AWS_SECRET_ACCESS_KEY",), {}, "half of the AWS credentials is missing: look at AWS_ACCESS_KEY_ID"),
        (("AWS_ACCESS_KEY_ID",), {"AWS_PROFILE": "gone"}, "there is no such AWS profile: look at AWS_PROFILE"),
        (("STONKS_SNS_REGION",), {}, "no AWS region is set: set STONKS_SNS_REGION"),
        ((), {"STONKS_SNS_REGION": "no region"}, "the AWS region is none: look at STONKS_SNS_REGION"),
        ((), {"STONKS_SNS_URL": "nowhere"}, "STONKS_SNS_URL is no address"),
    ],
)
async def test_what_is_not_set_up_is_refused_with_what_to_do(
    sns: FaultySns,
    opened: Open,
    monkeypatch: pytest.MonkeyPatch,
    left_out: tuple[str, ...],
    given: dict[str, str],
    words: str,
) -> None:
    for name in (*left_out, "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    kept = {name: text for name, text in sns.environment().items() if name not in left_out}
    delivery = await opened({**kept, **given}).send(note(), BY_PHONE)
    assert delivery.outcome is Outcome.REFUSED
    assert delivery.words.startswith(words)
    assert sns.requests == []


async def test_credentials_that_were_refused_are_looked_up_again(sns: FaultySns, opened: Open, tmp_path: Path) -> None:
    environment = sns.environment()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        environment[name] = ""
    file = tmp_path / "credentials"
    environment["AWS_SHARED_CREDENTIALS_FILE"] = str(file)
    notifier = opened(environment)
    for key in ("AKIAOLD", "AKIANEW"):
        file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret-of-{key}\n")
        sns.refuse(403, "InvalidClientTokenId", "No")
        assert (await notifier.send(note(), BY_PHONE)).outcome is Outcome.REFUSED
        assert f"Credential={key}/" in sns.requests[-1].headers["authorization"]


async def test_secrets_are_neither_told_nor_logged_at_any_level(
    sns: FaultySns, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    caplog.set_level(logging.DEBUG)
    environment = sns.environment()
    secrets = [environment[name] for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")]
    sns.refuse(403, "SignatureDoesNotMatch", " ".join([*secrets, BY_PHONE.sns_phone_number]))
    notifier = opened(environment)
    delivery = await notifier.send(note(), BY_PHONE)
    assert delivery.words.endswith("(403 SignatureDoesNotMatch: *** *** *** ***)")
    sns.break_off()
    told = delivery.words + (await notifier.send(note(), BY_PHONE)).words + caplog.text
    assert not [secret for secret in [*secrets, BY_PHONE.sns_phone_number] if secret in told]
    assert sns.requests[-1].headers["x-amz-security-token"] == environment["AWS_SESSION_TOKEN"]


def test_a_text_message_is_one_that_has_to_arrive_and_no_longer_than_sns_takes() -> None:
    told = fields(note(message="x" * 2000), BY_PHONE)
    assert told.pop("Message") == "x" * 1597 + "..."
    assert told == {
        "PhoneNumber": "+15551234567",
        "MessageAttributes": {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
    }


def test_a_message_without_words_is_its_subject() -> None:
    assert fields(note(message=" \n"), BY_PHONE)["Message"] == "Stop hit: AAPL"


@pytest.mark.parametrize(
    ("subject", "sent"),
    [
        ("Größe −5 % – “stop”\r\nhit ▲", "Groe -5 % - stop hit"),
        ("Stop hit: " + "A" * 200, "Stop hit: " + "A" * 87 + "..."),
    ],
)
def test_a_subject_is_one_line_of_a_hundred_plain_letters_at_most(subject: str, sent: str) -> None:
    assert fields(note(subject=subject), BY_TOPIC)["Subject"] == sent


def test_a_subject_without_plain_letters_is_left_out() -> None:
    assert "Subject" not in fields(note(subject="▲▲"), BY_TOPIC)


def test_a_topic_in_order_takes_the_same_notification_once() -> None:
    by_order = replace(BY_TOPIC, sns_topic_arn=f"{BY_TOPIC.sns_topic_arn}.fifo")
    told = fields(note(), by_order)
    assert told["MessageGroupId"] == "stonks"
    assert told["MessageDeduplicationId"] == fields(note(), by_order)["MessageDeduplicationId"]
    assert told["MessageDeduplicationId"] != fields(note("turn-8"), by_order)["MessageDeduplicationId"]


def test_a_phone_number_comes_before_a_topic() -> None:
    both = replace(BY_TOPIC, sns_phone_number="+15551234567")
    assert "TopicArn" not in fields(note(), both)


def test_what_is_missing_is_told_without_asking_anybody(sns: FaultySns) -> None:
    assert SnsNotifier(sns.environment()).missing(BY_PHONE) == ()
    nothing = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    told = SnsNotifier({**nothing, "AWS_EC2_METADATA_DISABLED": "true"}).missing(NotificationSettings())
    assert [sentence.partition(":")[0] for sentence in told] == [
        "neither sns_phone_number nor sns_topic_arn is set",
        "no AWS region is set",
        "there are no AWS credentials",
    ]
    assert sns.requests == []
