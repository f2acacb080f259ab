"""Property 35: whatever settings are changed, by whomever, each change is kept with what was, what is, who and whence.

Said at the door of a whole engine, on an account in memory and on SQLite, and over HTTP. What is refused changes
nothing; an engine that is killed leaves what it had; the journal comes to the same again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from httpx import ASGITransport, AsyncClient
from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.door import Door
from engine.errors import BadInput
from engine.live_ports import LiveStore
from engine.model.audit import Answered, Asked, AuditEvent, Word
from engine.replay import replay
from engine.settings import Settings, as_mapping, from_mapping, from_text, known
from stonks_tui.http import access, address
from stonks_tui.http import app as application
from stonks_tui.http.account_desk import AccountDesk
from stonks_tui.trading import Account, World, on_paper, trade
from storage.in_memory_live import InMemoryLiveStore
from storage.in_memory_paper import InMemoryPaperMemory
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from tests.support import http_account, live, live_account

OPENS = live_account.WORLD.played[0].open_at
_TEXTS = (
    "",
    "all",
    "none",
    "urgent",
    "me@example.com",
    "a@example.com, b@example.com",
    "+15551234567",
    "16:45",
    "love",
)


def _values(name: str) -> st.SearchStrategy[str]:
    """Values that a person may type for the setting `name`: most of them can be."""
    about, value = known()[name].metadata, as_mapping(Settings())[name]
    if isinstance(value, bool):
        return st.sampled_from(("yes", "no", "on", "off", "perhaps"))
    if isinstance(value, str):
        return st.sampled_from(("conservative", "aggressive", "paper", "live") if name in _CHOICES else _TEXTS)
    low, high = about["low"], min(about["high"], about["low"] + 1000)
    inside = st.integers(int(low), int(high)) if isinstance(value, int) else st.floats(low, high)
    return st.one_of(inside.map(str), inside.map(str), st.sampled_from(("-7", "1e30", "nan", "some", "")))


_CHOICES = {"risk_tier", "account"}
names = st.sampled_from((*known(), "max_open_position", "capital"))


@st.composite
def words(draw: st.DrawFn) -> Asked:
    """A person changes one setting, or some at once."""
    said = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    values = {name: draw(_values(name)) if name in known() else "1" for name in said}
    who, origin = draw(st.sampled_from((("ann", "cli"), ("bob", "screens"), ("root", "stonks.toml and environment"))))
    return Asked(word=Word.SET, arguments=values, who=who, origin=origin)


@dataclass(kw_only=True)
class Place:
    """An account in memory, or in `file`, and its engine, which waits before the open."""

    file: Path | None
    account: Account = field(default_factory=live_account.account)
    answers: list[tuple[Asked, Answered]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.memory = InMemoryLiveStore(self.account.record())
        self.paper = InMemoryPaperMemory()

    @property
    def reader(self) -> SqlLiveReader | InMemoryLiveStore:
        """Whoever reads the account."""
        return SqlLiveReader(self.file) if self.file else self.memory

    async def settings(self) -> Settings:
        """Return what is kept, the beginning before anything is."""
        kept = await self.reader.settings()
        return from_text(kept) if kept else self.account.settings

    async def hears(self, said: Sequence[Asked], *, killed: bool) -> None:
        """Have an engine hear all that is `said`; then it is told to stop, or killed."""
        door = Door()
        async with self._store() as store:
            trading = asyncio.ensure_future(trade(self.account, self._world(), store, on_paper(self.paper), door))
            for asked in said:
                self.answers.append((asked, await door.ask(asked)))
            if killed:
                trading.cancel()
            door.stop()
            with suppress(asyncio.CancelledError):
                await trading

    def _world(self) -> World:
        course = live.course_of(live_account.WORLD)
        days = tuple((row, course.session(row)) for row in course.rows)
        return World(clock=_Waiting(OPENS), course=course.driven_by, days=days, is_halted=course.is_halted)

    @asynccontextmanager
    async def _store(self) -> AsyncIterator[LiveStore]:
        if self.file is None:
            yield self.memory
        else:
            async with SqlLiveStore(self.file, self.account.record(), kept_bytes=0) as store:
                yield store


class _Waiting(live.JumpingClock):
    """A clock that stands still."""

    async def until(self, at: object) -> None:  # noqa: ARG002
        """See `Clock.until`."""
        await asyncio.Event().wait()


def _obeyed(said: Sequence[Asked], base: Settings) -> list[tuple[Asked, Settings, Settings]]:
    """Return each word that can be obeyed, with the settings before and after it."""
    found = []
    for asked in said:
        with suppress(BadInput):
            now = from_mapping(asked.arguments, base)
            found.append((asked, base, now))
            base = now
    return found


def _changed(was: Settings, now: Settings) -> tuple[dict[str, str], dict[str, str]]:
    before, after = as_mapping(was), as_mapping(now)
    differ = [name for name in before if before[name] != after[name]]
    return ({f"setting.{n}": str(before[n]) for n in differ}, {f"setting.{n}": str(after[n]) for n in differ})


def _together(audits: Sequence[AuditEvent]) -> list[tuple[Asked, dict[str, str], dict[str, str]]]:
    """Return each word with all that it changed: rules and whom people are told by are set in a turn each."""
    found: list[tuple[Asked, dict[str, str], dict[str, str]]] = []
    for audit in audits:
        assert audit.done
        if found and found[-1][0] == audit.asked:
            found[-1][1].update(audit.before)
            found[-1][2].update(audit.after)
        else:
            found.append((audit.asked, dict(audit.before), dict(audit.after)))
    return found


async def _conversation(place: Place, first: Sequence[Asked], then: Sequence[Asked], *, killed: bool) -> None:
    said = [*first, *then]
    obeyed = _obeyed(said, place.account.settings)
    await place.hears(first, killed=killed)
    middle = await place.settings()
    assert middle == ([place.account.settings, *(now for _, _, now in _obeyed(first, place.account.settings))])[-1]
    await place.hears(then, killed=not killed)

    assert [asked for asked, answered in place.answers if answered.done] == [asked for asked, _, _ in obeyed]
    assert await place.settings() == ([place.account.settings, *(now for _, _, now in obeyed)])[-1]
    audits = list(reversed(await place.reader.audits(1_000)))
    assert _together(audits) == [(asked, *_changed(was, now)) for asked, was, now in obeyed]
    again = await replay(place.reader.journal(), place.account.beginning(), place.account.policy)
    assert (again.difference, again.turns) == (None, await place.reader.last_turn())
    assert again.policy == (await place.settings()).policy
    event(f"refused: {min(3, len(said) - len(obeyed))}, obeyed: {min(3, len(obeyed))}")


_said = st.lists(words(), max_size=5).map(
    lambda said: [replace(asked, origin=f"{asked.origin} {number}") for number, asked in enumerate(said)]
)


@settings(max_examples=40)
@given(first=_said, then=_said, killed=st.booleans())
def test_p35_each_change_is_kept_with_before_and_after_who_and_whence(
    first: list[Asked], then: list[Asked], killed: bool
) -> None:
    then = [replace(asked, origin=f"{asked.origin} later") for asked in then]
    asyncio.run(_conversation(Place(file=None), first, then, killed=killed))


@settings(max_examples=10)
@given(first=_said, then=_said, killed=st.booleans())
def test_p35_on_sqlite_too(first: list[Asked], then: list[Asked], killed: bool) -> None:
    then = [replace(asked, origin=f"{asked.origin} later") for asked in then]
    with TemporaryDirectory() as folder:
        asyncio.run(_conversation(Place(file=Path(folder) / "stonks.db"), first, then, killed=killed))


_TYPED = {"yes": True, "on": True, "no": False, "off": False}
_PEERS = ("127.0.0.1", "10.1.2.3", "2001:db8::7")


async def _over_http(folder: Path, said: Sequence[tuple[Asked, str, bool, str]]) -> None:
    """Change settings over HTTP, each time with a token, confirmed or not, from a peer."""
    place, door, loop = Place(file=folder / "stonks.db"), Door(), asyncio.get_running_loop()
    plan = address.plan("127.0.0.1:1", rate=0, environment={access.TOKENS: http_account.tokens()})
    async with place._store() as store:
        trading = asyncio.ensure_future(trade(place.account, place._world(), store, on_paper(place.paper), door))
        assert (await door.ask(Asked(word=Word.STATUS, origin="test"))).done
        desk = AccountDesk(folder, lambda asked: asyncio.run_coroutine_threadsafe(door.ask(asked), loop))
        app = application.guarded(application.make(desk, plan), plan)
        now, kept = place.account.settings, 0
        for asked, token, confirmed, peer in said:
            async with AsyncClient(transport=ASGITransport(app, client=(peer, 9)), base_url="http://x") as client:
                values = {name: _TYPED.get(text, text) for name, text in asked.arguments.items()}
                told = {"values": values, "confirm": "loosen" if confirmed else ""}
                auth = {"Authorization": f"Bearer {token}"}
                answer = await client.put("/api/trading/config", json=told, headers=auth)
            audits = await place.reader.audits(1_000)
            new, kept = audits[: len(audits) - kept], len(audits)
            wanted = _wanted(asked, now)
            event(f"answered {answer.status_code}")
            if answer.status_code != 200:
                assert new == ()
                assert await place.settings() == now
                allowed = wanted is not None and token == http_account.OPERATE
                assert not allowed or (answer.json()["code"] == "confirm" and not confirmed), answer.text
                continue
            assert wanted is not None
            assert token == http_account.OPERATE
            assert {(audit.asked.who, audit.asked.origin) for audit in new} == {("ops", f"http {peer}")}
            before = {name: text for audit in new for name, text in audit.before.items()}
            after = {name: text for audit in new for name, text in audit.after.items()}
            assert (before, after) == _changed(now, wanted)
            assert await place.settings() == wanted
            now = wanted
        door.stop()
        await trading


def _wanted(asked: Asked, base: Settings) -> Settings | None:
    try:
        return from_mapping(asked.arguments, base)
    except BadInput:
        return None


_tokens = st.sampled_from((http_account.OPERATE, http_account.OPERATE, http_account.OPERATE, http_account.READ))


@settings(max_examples=10)
@given(said=st.lists(st.tuples(words(), _tokens, st.booleans(), st.sampled_from(_PEERS)), max_size=6))
def test_p35_over_http_too_with_the_tokens_name_and_the_peer(said: list[tuple[Asked, str, bool, str]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_over_http(Path(folder), said))
