"""What a run tells on its way, to its teller and to its store, and what happens when nobody listens any more."""

from engine.model.costs import CostModel
from engine.model.decision_log import DecisionLog
from engine.model.runs import RunStatus
from engine.model.tape import RecommendationTable
from engine.policy import TradingPolicy
from stonks_tui import backtests
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, RunEvent
from storage.in_memory import InMemoryRunStore
from tests.support.tapes import FLAT, buy, tape

TAPE = tape({"AAA": [FLAT] * 4})
MATERIAL = backtests.Material(tape=TAPE, recommendations=RecommendationTable.of([buy("AAA", 0)]), inputs=())
REQUEST = backtests.Request(policy=TradingPolicy(), costs=CostModel(), capital=1_000_000_000)


class Listener:
    """A teller that remembers; it hangs up when it hears an event of the kind `until`."""

    def __init__(self, until: type[RunEvent] | None = None) -> None:
        self.heard: list[RunEvent] = []
        self._until = until

    def tell(self, event: RunEvent) -> None:
        if self._until and any(isinstance(e, self._until) for e in self.heard):
            raise BrokenPipeError
        self.heard.append(event)

    def step(self, done: int, total: int, what: str) -> None:
        raise AssertionError(f"a run reads nothing, but {done} of {total}: {what}")


class CountingStore(InMemoryRunStore):
    """Remembers what it is told of decisions so far: of which run, how many."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, int]] = []

    def write_ahead(self, run_id: int, decisions: DecisionLog) -> None:
        self.told.append((run_id, len(decisions)))


async def test_a_run_tells_its_beginning_its_last_session_and_its_end_and_its_store_of_every_session() -> None:
    store, listener = CountingStore(), Listener()
    record, books = await backtests.run(store, MATERIAL, REQUEST, listener)
    begun, *progress, keeping, ended = listener.heard
    assert begun == Begun(run_id=record.run_id, sessions=19, start=TAPE.dates[0], end=TAPE.dates[-1])
    assert isinstance(progress[-1], Progressed)
    assert (progress[-1].done, progress[-1].equity) == (19, books.snapshots[-1].total_value)
    assert keeping == Keeping(decisions=len(books.decisions))
    assert ended == Ended(run_id=record.run_id, status=RunStatus.COMPLETED)
    assert len(store.told) == 19
    assert store.told[-1] == (record.run_id, len(books.decisions))


async def test_a_run_that_nobody_listens_to_any_more_ends_as_cancelled_and_is_kept() -> None:
    store = InMemoryRunStore()
    record, books = await backtests.run(store, MATERIAL, REQUEST, Listener(until=Begun))
    assert record.status is RunStatus.CANCELLED
    assert len(books.snapshots) == 1
    assert (await store.get(record.run_id)).status is RunStatus.CANCELLED


async def test_a_run_whose_listener_leaves_at_the_very_end_is_complete() -> None:
    record, _ = await backtests.run(InMemoryRunStore(), MATERIAL, REQUEST, Listener(until=Keeping))
    assert record.status is RunStatus.COMPLETED
