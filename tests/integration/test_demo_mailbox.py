"""What a demo tells: to nobody, whatever is in the environment; as files, by the tasks and limits of any account."""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model.notifications import DeliveryStatus, Notification, NotificationChannel, NotificationEvent
from stonks_tui import bootstrap, demo_live
from stonks_tui.cli import main
from tests.support.gmail_endpoint import GmailEndpoint, gmail_endpoint
from tests.support.played_demo import PlayedDemo, copied
from tests.support.sns_endpoint import FaultySns, faulty_sns

E = NotificationEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Three days that were played once, with credentials in the environment, and what stands for the providers."""

    played: PlayedDemo
    sns: FaultySns
    gmail: GmailEndpoint

    @property
    def folder(self) -> Path:
        """Where its account is."""
        return self.played.folder

    @property
    def mailbox(self) -> Path:
        """Where its messages are."""
        return bootstrap.mailbox_path(self.folder)

    def stonks(self, *words: str) -> tuple[int, str]:
        """Do `words` with its account; return the exit code and what was printed."""
        told = io.StringIO()
        with redirect_stdout(told):
            code = main(["--data-dir", str(self.folder), *words])
        return code, told.getvalue()


@pytest.fixture(scope="module")
def demo(played_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    played = copied(played_demo, tmp_path_factory.mktemp("demo") / "data")
    with ExitStack() as stack:
        sns, gmail = stack.enter_context(faulty_sns()), stack.enter_context(gmail_endpoint())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {**sns.environment(), **gmail.environment()}.items():
            patch.setenv(name, value)
        yield Demo(played=played, sns=sns, gmail=gmail)


async def told(demo: Demo) -> list[Notification]:
    """Return all that it told, oldest first."""
    return list((await bootstrap.live_reader(demo.folder).notifications(limit=1000))[::-1])


async def test_it_tells_a_mixture_in_its_first_days_and_each_is_a_file(demo: Demo) -> None:
    found = await told(demo)
    assert {n.event_type for n in found} >= {
        E.DAILY_SUMMARY,
        E.CIRCUIT_BREAKER_TRIGGERED,
        E.CIRCUIT_BREAKER_RESUMED,
        E.LARGE_TRADE_PNL,
    }
    assert len(found) < 20
    assert {n.channel for n in found} == set(NotificationChannel)
    assert {n.delivery_status for n in found} == {DeliveryStatus.DELIVERED}
    assert sorted(n.provider_id for n in found) == sorted(path.name for path in demo.mailbox.iterdir())
    for n in found:
        assert n.subject in (demo.mailbox / n.provider_id).read_text()


async def test_each_left_at_the_moment_it_was_made_however_fast_the_days_pass(demo: Demo) -> None:
    assert [n.delivered_at for n in await told(demo)] == [n.created_at for n in await told(demo)]


def test_nobody_is_reached_though_there_are_credentials(demo: Demo) -> None:
    code, said = demo.stonks("notify", "test")
    assert code == 0
    assert said.count("the provider has taken it") == 2
    texts = [path.read_text() for path in demo.mailbox.glob("2*Z*.txt")]  # of a test without an engine nothing is kept
    assert len(texts) == 2
    assert all("put here and sent to nobody" in text for text in texts)
    assert demo.played.requests == []
    assert demo.sns.requests == []
    assert demo.gmail.requests == []


def test_what_is_counted_is_counted_in_the_time_of_the_demo(demo: Demo) -> None:
    code, said = demo.stonks("notify", "status", "--json")
    sms, email = json.loads(said)
    assert code == 0
    assert (sms["counts"], sms["room"]) == ({}, 10)
    assert email["counts"]["delivered"] >= 1
    assert sms["mailbox"] == email["mailbox"] == str(demo.mailbox)
    assert f"e-mail: on, to nobody, as files in {demo.mailbox}, about: all" in demo.stonks("notify")[1]


def test_the_mailbox_of_an_earlier_demo_is_emptied_and_other_files_stay(demo: Demo, tmp_path: Path) -> None:
    shutil.copytree(demo.folder, tmp_path / "demo", ignore=shutil.ignore_patterns("*.sock"))
    mailbox = bootstrap.mailbox_path(tmp_path / "demo")
    (mailbox / "mine").write_text("mine")
    demo_live.clear(tmp_path / "demo")
    assert [path.name for path in mailbox.iterdir()] == ["mine"]
