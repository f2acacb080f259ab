"""Derived traces: what were the numbers behind a decision whose trace was not kept?

The run is played again from the same data up to the decision. Same code, same policy, same data: same decision. When
it is not the same, nothing is shown rather than something wrong.
"""

from dataclasses import replace
from pathlib import Path

from engine import backtester
from engine.backtester import BacktestConfig
from engine.errors import NotFound
from engine.model.costs import CostModel
from engine.model.decisions import Decision
from engine.model.runs import RunRecord
from engine.model.verdict import Trace
from engine.policy_mapping import from_mapping
from stonks_tui import material
from stonks_tui.backtests import stop_checks_of
from stonks_tui.interruptions import interruptible
from stonks_tui.version import __version__


async def derive(record: RunRecord, decision: Decision, data_dir: Path) -> Trace:
    """Return the trace of `decision`, a decision of the run `record`.

    Raises NotFound when the run's data is gone or has changed, or when this version of the program decides otherwise.
    """
    worked_on = await material.again(record.inputs, record.reading, data_dir)
    reached = False

    def tell(progress: backtester.Progress) -> None:
        nonlocal reached
        reached = progress.on >= decision.at.date()

    config = BacktestConfig(
        initial_capital=record.initial_capital,
        policy=from_mapping(record.policy),
        costs=CostModel(**{k: float(v) for k, v in record.costs.items()}),
        start_on=record.start_on,
        end_on=record.end_on,
        traced=False,
        trace_of=frozenset({decision.recommendation_id or decision.cause}),  # a signal is the cause
        stop_checks=stop_checks_of(record.reading),
    )
    with interruptible():
        result = backtester.run(
            worked_on.tape,
            worked_on.recommendations,
            config,
            signals=worked_on.signals,
            macro_events=worked_on.macro_events,
            on_progress=tell,
            should_stop=lambda: reached,
        )
    again = next((d for d in result.books.decisions if d.decision_id == decision.decision_id), None)
    if again is None or again.trace is None or replace(again, trace=None) != decision:
        made_by = "" if record.code_version == __version__ else f" (the run was made by version {record.code_version})"
        raise NotFound(f"played again, the run decides otherwise{made_by}", hint="run it again")
    return again.trace
