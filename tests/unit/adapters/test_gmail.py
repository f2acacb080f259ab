import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from engine.adapters.carrying import Patience
from engine.adapters.gmail import GmailNotifier
from engine.adapters.notification_secrets import GmailAccess
from engine.model.notifications import Delivery, Outcome
from engine.notification_settings import NotificationSettings
from tests.support import gmail_endpoint
from tests.support.gmail_endpoint import CLIENT_SECRET, MESSAGES, REFRESH_TOKEN, SEND, TOKEN, GmailEndpoint
from tests.support.http_endpoint import refusing_url
from tests.support.notes import BY_EMAIL, note

PATIENCE = Patience(connect_seconds=30, read_seconds=30, attempt_seconds=60)
"""A busy machine is no fault."""


@pytest.fixture(scope="module")
def listening() -> Iterator[GmailEndpoint]:
    with gmail_endpoint.gmail_endpoint() as endpoint:
        yield endpoint


@pytest.fixture
def gmail(listening: GmailEndpoint) -> GmailEndpoint:
    listening.clear()
    return listening


Open = Callable[..., GmailNotifier]


@pytest.fixture
async def opened(gmail: GmailEndpoint) -> AsyncIterator[Open]:
    notifiers: list[GmailNotifier] = []

    def new(patience: Patience = PATIENCE, **environment: str) -> GmailNotifier:
        access = GmailAccess.from_environment({**gmail.environment(), **environment})
        notifiers.append(GmailNotifier(access, patience))
        return notifiers[-1]

    yield new
    for notifier in notifiers:
        await notifier.close()


@pytest.fixture
def notifier(opened: Open) -> GmailNotifier:
    return opened()


async def seen(met: Callable[[], bool]) -> None:
    while not met():  # noqa: ASYNC110 - what is waited for happens in the endpoint's threads
        await asyncio.sleep(0.002)


async def test_an_e_mail_arrives_and_is_told_under_its_providers_name(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery == Delivery(outcome=Outcome.DELIVERED, provider_id="0000000000000001")
    assert gmail.subjects == ["Stop hit: AAPL"]
    assert gmail.bodies[0].startswith("AAPL fell below its stop.\n10 shares were sold at $101.20.\n\nReference: 2026")
    assert [request.path for request in gmail.requests] == [TOKEN, SEND]
    assert gmail.requests[0].form == {
        "grant_type": "refresh_token",
        "client_id": "stonks.example",
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
    }


async def test_a_token_is_used_as_long_as_it_holds(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    for key in "abc":
        assert (await notifier.send(note(key), BY_EMAIL)).outcome is Outcome.DELIVERED
    assert len(gmail.tokens) == 1


@pytest.mark.parametrize("seconds", [60, 0, -5])
async def test_a_token_is_not_used_in_its_last_minute(
    gmail: GmailEndpoint, notifier: GmailNotifier, seconds: int
) -> None:
    gmail.token_seconds = seconds
    for key in "abc":
        assert (await notifier.send(note(key), BY_EMAIL)).outcome is Outcome.DELIVERED
    assert len(gmail.tokens) == 3


async def test_a_token_that_is_good_no_more_is_made_anew_once(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    await notifier.send(note("a"), BY_EMAIL)
    gmail.expire_tokens()
    assert (await notifier.send(note("b"), BY_EMAIL)).outcome is Outcome.DELIVERED
    assert len(gmail.tokens) == 2
    gmail.answer_with(401, times=2, path=SEND)
    delivery = await notifier.send(note("c"), BY_EMAIL)
    assert delivery == Delivery(
        outcome=Outcome.FAILED, words="Gmail does not accept the token that Google has just made"
    )
    assert len(gmail.sent) == 2


async def test_a_refresh_token_in_a_file_may_be_changed_while_the_engine_runs(
    gmail: GmailEndpoint, opened: Open, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first-token\n")
    notifier = opened(STONKS_GMAIL_REFRESH_TOKEN="", STONKS_GMAIL_REFRESH_TOKEN_FILE=str(file))
    gmail.refresh_token = "second-token"
    assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.REFUSED
    file.write_text("second-token\n")
    assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.DELIVERED
    assert gmail.requests[0].form["refresh_token"] == "first-token"


async def test_what_gmail_does_not_take_is_told_with_how_long_it_asks_to_wait(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    body = gmail_endpoint.error(403, "userRateLimitExceeded", "Slow down").body
    gmail.answer_with(403, body, headers={"Retry-After": "90"}, path=SEND)
    assert await notifier.send(note(), BY_EMAIL) == Delivery(
        outcome=Outcome.FAILED,
        words="Gmail takes no more now (403, userRateLimitExceeded: Slow down)",
        retry_after_seconds=90,
    )
    assert gmail.sent == []


@pytest.mark.parametrize(
    ("status", "body", "outcome", "words"),
    [
        (400, {"error": "invalid_grant", "error_description": "Expired."}, Outcome.REFUSED, "is no longer valid"),
        (200, "<html>Log in to this network</html>", Outcome.FAILED, "Google's token service fails (200)"),
        (200, {"expires_in": 3600}, Outcome.FAILED, "Google's token service fails (200)"),
        (200, {"access_token": "tö ken\n"}, Outcome.FAILED, "Google's token service fails (200)"),
        (302, "", Outcome.REFUSED, "Google's token service sends elsewhere (302), which is not followed"),
    ],
)
async def test_without_a_token_nothing_is_sent_and_it_is_told_why(
    gmail: GmailEndpoint, notifier: GmailNotifier, status: int, body: str, outcome: Outcome, words: str
) -> None:
    gmail.answer_with(status, body, headers={"Location": f"{gmail.url}{TOKEN}"}, path=TOKEN)
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery.outcome is outcome
    assert words in delivery.words
    assert [request.path for request in gmail.requests] == [TOKEN]


async def test_a_token_service_that_breaks_off_leaves_no_doubt_that_nothing_was_sent(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    gmail.break_off(path=TOKEN)
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery.outcome is Outcome.FAILED
    assert delivery.words.startswith("Google's token service did not answer (")


async def test_whoever_cannot_be_reached_got_nothing(gmail: GmailEndpoint, opened: Open) -> None:
    with refusing_url() as url:
        token = await opened(STONKS_GMAIL_TOKEN_URL=url).send(note(), BY_EMAIL)
        send = await opened(STONKS_GMAIL_API_URL=url).send(note(), BY_EMAIL)
    assert (token.outcome, send.outcome) == (Outcome.UNREACHABLE, Outcome.UNREACHABLE)
    assert token.words == "Google's token service cannot be reached ([Errno 111] Connection refused)"
    assert send.words == "Gmail cannot be reached ([Errno 111] Connection refused)"


async def test_a_server_that_does_not_encrypt_gets_nothing_where_https_is_meant(
    gmail: GmailEndpoint, opened: Open
) -> None:
    notifier = opened(STONKS_GMAIL_API_URL=gmail.url.replace("http:", "https:"))
    assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.UNREACHABLE


async def test_an_e_mail_that_nobody_answered_may_have_arrived(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    gmail.take_and_break()
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery.outcome is Outcome.UNKNOWN
    assert delivery.words.endswith("the e-mail may have been sent")
    assert len(gmail.sent) == 1
    gmail.answer_with(200, "<html>", path=SEND)
    assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.UNKNOWN


async def test_an_answer_that_does_not_come_in_time_leaves_it_open(gmail: GmailEndpoint, opened: Open) -> None:
    notifier = opened(replace(PATIENCE, read_seconds=0.3))
    while (await notifier.send(note(), BY_EMAIL)).outcome is not Outcome.DELIVERED:
        pass  # a busy machine is slow to give a token too
    gmail.hang(path=SEND)
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery.outcome is Outcome.UNKNOWN
    assert delivery.words == "Gmail did not answer (no answer in time): the e-mail may have been sent"


async def test_an_attempt_that_is_given_up_at_the_end_tells_whether_it_had_left(
    gmail: GmailEndpoint, opened: Open
) -> None:
    for path, outcome in ((TOKEN, Outcome.UNREACHABLE), (SEND, Outcome.UNKNOWN)):
        notifier = opened()
        gmail.clear()
        gmail.hang(path=path)
        sending = asyncio.create_task(notifier.send(note(), BY_EMAIL))
        await seen(lambda path=path: any(request.path == path for request in gmail.requests))  # type: ignore[misc]
        began = time.monotonic()
        await notifier.close()
        delivery = await sending
        assert delivery.outcome is outcome
        assert time.monotonic() - began < PATIENCE.read_seconds
        assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.UNREACHABLE
    assert gmail.sent == []


async def test_what_was_turned_away_for_its_token_has_not_arrived(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    await notifier.send(note("a"), BY_EMAIL)
    gmail.expire_tokens()
    gmail.hang(path=TOKEN)
    sending = asyncio.create_task(notifier.send(note("b"), BY_EMAIL))
    await seen(lambda: [request.path for request in gmail.requests] == [TOKEN, SEND, SEND, TOKEN])
    await notifier.close()
    assert (await sending).outcome is Outcome.UNREACHABLE


async def test_nothing_leaves_where_others_could_read_it_or_without_all_that_is_needed(
    gmail: GmailEndpoint, opened: Open
) -> None:
    plain = await opened(STONKS_GMAIL_API_URL="http://gmail.example").send(note(), BY_EMAIL)
    assert plain.outcome is Outcome.REFUSED
    assert plain.words.startswith("STONKS_GMAIL_API_URL is not https")
    poor = await opened(STONKS_GMAIL_CLIENT_SECRET="").send(note(), BY_EMAIL)
    assert poor.words.startswith("STONKS_GMAIL_CLIENT_SECRET is not set")
    odd = await opened().send(note(), replace(BY_EMAIL, gmail_sender="größe@example.com"))
    assert odd == Delivery(
        outcome=Outcome.REFUSED, words="the e-mail cannot be written: look at gmail_sender and gmail_recipient"
    )
    assert gmail.requests == []


async def test_a_redirect_is_not_followed(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    gmail.answer_with(307, headers={"Location": f"{gmail.url}{SEND}"}, path=SEND)
    delivery = await notifier.send(note(), BY_EMAIL)
    assert delivery.outcome is Outcome.REFUSED
    assert "Gmail sends elsewhere (307)" in delivery.words
    assert gmail.sent == []


async def test_no_proxy_leads_to_this_machine(
    gmail: GmailEndpoint, notifier: GmailNotifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    with refusing_url() as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, url)
        assert (await notifier.send(note(), BY_EMAIL)).outcome is Outcome.DELIVERED


async def test_a_proxy_that_lets_nothing_through_got_nothing_but_the_question(
    gmail: GmailEndpoint, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", gmail.url)
    monkeypatch.setenv("https_proxy", gmail.url)
    delivery = await opened(STONKS_GMAIL_API_URL="https://gmail.example").send(note(), BY_EMAIL)
    assert delivery.outcome is Outcome.UNREACHABLE
    assert delivery.words == "Gmail cannot be reached (501 Unsupported method ('CONNECT'))"


async def test_secrets_and_addresses_that_are_sent_back_are_not_told(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    await notifier.send(note(), BY_EMAIL)
    said = f"{CLIENT_SECRET} {REFRESH_TOKEN} {gmail.tokens[0]} me@example.com {'x' * 900}"
    gmail.answer_with(400, gmail_endpoint.error(400, "invalidArgument", said).body, path=SEND)
    delivery = await notifier.send(note(), BY_EMAIL)
    assert "*** *** *** *** xxx" in delivery.words
    assert len(delivery.words) < 300
    gmail.expire_tokens()
    gmail.answer_with(400, {"error": REFRESH_TOKEN, "error_description": CLIENT_SECRET}, path=TOKEN)
    assert (await notifier.send(note(), BY_EMAIL)).words == "Google's token service refuses it (400, ***: ***)"


async def test_what_was_sent_is_found_and_nothing_else_is(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    await notifier.send(note("sent"), BY_EMAIL)
    assert await notifier.was_sent(note("sent"), BY_EMAIL) is True
    assert await notifier.was_sent(note("other"), BY_EMAIL) is False
    assert gmail.requests[-1].path == MESSAGES


async def test_what_a_search_cannot_tell_is_not_known(gmail: GmailEndpoint, opened: Open) -> None:
    notifier = opened()
    gmail.forbid_searching()
    assert await notifier.was_sent(note(), BY_EMAIL) is None
    gmail.may_search = True
    for status, body in ((500, ""), (429, ""), (302, ""), (200, "<html>"), (200, "[]"), (200, {"messages": 7})):
        gmail.answer_with(status, body, path=MESSAGES)
        assert await notifier.was_sent(note(), BY_EMAIL) is None
    gmail.break_off(path=MESSAGES)
    assert await notifier.was_sent(note(), BY_EMAIL) is None
    gmail.expire_tokens()
    gmail.answer_with(400, path=TOKEN)
    assert await notifier.was_sent(note(), BY_EMAIL) is None
    with refusing_url() as url:
        assert await opened(STONKS_GMAIL_API_URL=url).was_sent(note(), BY_EMAIL) is None
    await notifier.close()
    assert await notifier.was_sent(note(), BY_EMAIL) is None


async def test_a_search_asks_for_a_new_token_too(gmail: GmailEndpoint, notifier: GmailNotifier) -> None:
    await notifier.send(note(), BY_EMAIL)
    gmail.expire_tokens()
    assert await notifier.was_sent(note(), BY_EMAIL) is True


async def test_what_is_missing_is_told_without_asking_anybody(gmail: GmailEndpoint, opened: Open) -> None:
    assert opened().missing(BY_EMAIL) == ()
    told = opened(STONKS_GMAIL_CLIENT_ID="").missing(NotificationSettings())
    assert told == (
        "gmail_sender is not set: say from which address e-mails are sent",
        "gmail_recipient is not set: say to which address e-mails are sent",
        "STONKS_GMAIL_CLIENT_ID is not set: it is the id of your OAuth client",
    )
    assert gmail.requests == []


async def test_of_twenty_e_mails_at_once_each_leaves_once_in_order(
    gmail: GmailEndpoint, notifier: GmailNotifier
) -> None:
    notes = [note(f"turn-{number}", subject=f"Number {number}") for number in range(20)]
    deliveries = await asyncio.gather(*(notifier.send(each, BY_EMAIL) for each in notes))
    assert {delivery.outcome for delivery in deliveries} == {Outcome.DELIVERED}
    assert gmail.subjects == [f"Number {number}" for number in range(20)]
    assert len(gmail.tokens) == 1
