"""An account that moved into PostgreSQL: the same turns, and the same answers to all that screens ask."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path

import pytest

from engine.model.live import JournalEntry
from engine.model.notifications import EVERY_NOTIFICATION
from engine.model.runs import LIVE_RUN
from engine.model.trade_questions import EVERY_TRADE, TradeOrder
from engine.model.views import EVERY_DECISION
from stonks_tui import account_place, bootstrap
from stonks_tui.live_app import LiveApp
from stonks_tui.live_feed import LiveFeed
from stonks_tui.steering import FromAnywhere
from storage import copies, postgres_address
from storage.postgres import Postgres
from storage.postgres_standbys import standing_by
from tests.support.postgres import account_in_postgres
from tests.support.samples import AT
from tests.support.terminal import up
from tests.support.waiting_engine import waiting
from tests.support.wire import Wire


async def asked(folder: Path) -> dict[str, object]:
    """Return what the screens' feed answers, but for what is of the moment."""
    feed = LiveFeed(folder)
    story = await feed.story(LIVE_RUN)
    page = await feed.decisions(LIVE_RUN, EVERY_DECISION, after=None, limit=200)
    answers: dict[str, object] = {
        f.name: getattr(story, f.name) for f in fields(story) if f.name not in ("alive", "record")
    }
    assert story.record
    answers["record"] = replace(story.record, created_at=story.record.created_at.min)
    answers["decisions"] = page
    answers["stories"] = [await feed.decision(LIVE_RUN, d.decision_id) for d in page.decisions]
    answers["counts"] = (await feed.count_decisions(LIVE_RUN, EVERY_DECISION), await feed.count_trades(0, EVERY_TRADE))
    answers["tickers"] = await feed.tickers(LIVE_RUN)
    answers["days"] = [await feed.day(LIVE_RUN, day.on) for day in story.days]
    answers["trades"] = [
        await feed.trade_page(LIVE_RUN, EVERY_TRADE, order, after=None, limit=100, backwards=False)
        for order in TradeOrder
    ]
    answers["micro"] = await feed.micro_rules(LIVE_RUN)
    answers["told"] = await feed.notifications(EVERY_NOTIFICATION, 100)
    answers["settings"] = [(e.name, e.value) for e in (await feed.settings(LIVE_RUN)).entries]
    return answers


async def journal(folder: Path) -> Sequence[JournalEntry]:
    return [entry async for entry in bootstrap.live_reader(folder).journal()]


@pytest.mark.lengthy
@pytest.mark.timeout(120)
async def test_an_account_that_moved_is_the_same_to_whoever_looks_on(tmp_path: Path) -> None:
    files, tables = tmp_path / "files", tmp_path / "tables"
    with waiting(files):
        pass
    expected, turns = await asked(files), await journal(files)
    tables.mkdir()  # whoever looks on has no file of it
    with account_in_postgres() as url:
        await asyncio.to_thread(copies.to_postgres, files, postgres_address.parse(url))
        assert await journal(tables) == turns
        found = await asked(tables)
        assert not (tables / "stonks.db").exists()
        for name, answer in expected.items():
            assert found[name] == answer, name
        app = LiveApp(LiveFeed(tables), FromAnywhere(tables), data_dir=tables, mode="PAPER")
        async with up(app, size=(100, 30)) as seen:
            assert "OFFLINE" in seen.text
            for key in "2345678":
                await seen.press(key)
                assert "PAPER" in seen.text
                assert "does not answer" not in seen.text


@pytest.mark.timeout(120)
async def test_screens_say_since_when_a_database_is_away_and_who_stands_by_and_come_back_by_themselves(
    tmp_path: Path,
) -> None:
    files, tables = tmp_path / "files", tmp_path / "tables"
    with waiting(files):
        pass
    tables.mkdir()
    with account_in_postgres() as url, pytest.MonkeyPatch.context() as patch:
        address = postgres_address.parse(url)
        await asyncio.to_thread(copies.to_postgres, files, address)
        with closing(Postgres(address)) as database:
            async with Wire(address.hosts[0][1]) as wire, standing_by(database, "beta:4711", AT):
                there = url.replace(f"{address.hosts[0][0]}:{address.hosts[0][1]}", f"127.0.0.1:{wire.port}")
                patch.setenv(account_place.URL, there)
                app = LiveApp(LiveFeed(tables), FromAnywhere(tables), data_dir=tables, mode="PAPER")
                async with up(app, size=(120, 36)) as seen:
                    assert "beta pid 4711 stands by since 03-01 14:45 UTC" in seen.text
                    wire.refuse()
                    wire.reset()
                    await seen.until(lambda: "✗ NO ANSWER since" in seen.text)
                    assert "does not answer" in seen.text
                    await seen.press("7")
                    await seen.until(lambda: seen.text.count("does not answer") > 1)
                    await wire.accept()
                    await seen.until(lambda: "does not answer" not in seen.text)
                    assert "OFFLINE" in seen.text
