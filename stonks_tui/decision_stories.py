"""Decision stories: what belongs to one decision, wherever it is kept?"""

from engine.model.decisions import Decision
from engine.model.views import DecisionStory
from engine.ports import RunStore


async def story_of(store: RunStore, run_id: int, decision_or_cause_id: str) -> DecisionStory | None:
    """Return the decision of that id, or on the recommendation or signal of that id, and what it led to."""
    async with store.at_once(run_id):
        found = await store.decision(run_id, decision_or_cause_id)
        return await _story_of(store, run_id, found) if found is not None else None


async def _story_of(store: RunStore, run_id: int, found: Decision) -> DecisionStory:
    trades = await store.trades(run_id, decision_id=found.decision_id)
    opening = trades[0].decision_id if trades else _opened_by(found)
    return DecisionStory(
        decision=found,
        executions=await store.executions(run_id, decision_id=found.decision_id),
        stops=await store.stop_changes(run_id, decision_id=opening),
        trades=trades,
        notices=await store.notices(run_id, reference_id=found.decision_id),
    )


def _opened_by(decision: Decision) -> str:
    """Return the decision that opened the position of which `decision` sold something, or `decision` itself."""
    inputs = dict(decision.trace.inputs) if decision.trace else {}
    return str(inputs.get("opened_by", decision.decision_id))
