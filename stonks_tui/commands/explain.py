"""`stonks explain ID`: why was this bought, sold or left alone?"""

import argparse
import asyncio
import json
import sys
from dataclasses import replace

from engine.errors import NotFound, StonksError
from engine.model.decisions import Decision
from engine.model.runs import RunRecord
from engine.ports import RunStore
from stonks_tui import bootstrap
from stonks_tui.decision_stories import story_of
from stonks_tui.run_choice import account_or_run


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks explain`."""
    parser.add_argument("id", metavar="ID", help="a decision (d123), or the id of a recommendation or signal")
    parser.add_argument(
        "--run", type=int, metavar="RUN", help="in which backtest (default: the live account, else the newest)"
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the whole trace of one decision and return the exit code."""
    return asyncio.run(_explain(args))


async def _explain(args: argparse.Namespace) -> int:
    from stonks_tui.reports import json_report, trace_report

    store = bootstrap.records(args.data_dir)
    run_id = await account_or_run(store, args.run)
    where = f"run {run_id}" if run_id else "the live account"
    story = await story_of(store, run_id, args.id)
    if story is None:
        raise NotFound(
            f"{where} has no decision '{args.id}', and none on a recommendation or signal of that id",
            hint=f"stonks backtest export {run_id} --what decisions lists them"
            if run_id
            else "stonks attach shows them; a backtest is named with --run",
        )
    if story.decision.trace is None:
        story = replace(story, decision=await _derived(store, run_id, story.decision, args))
    if args.json:
        print(json.dumps(json_report.decision(story), indent=1))
        return 0
    print(where)
    for line in trace_report.lines(story):
        print(line)
    return 0


async def _derived(store: RunStore, run_id: int, decision: Decision, args: argparse.Namespace) -> Decision:
    """Return `decision` with its trace worked out anew from the run's data, or as it is when that is gone."""
    from stonks_tui import derived_traces

    record: RunRecord = await store.get(run_id)
    print("no trace was kept: working it out again from the run's data …", file=sys.stderr)
    try:
        trace = await derived_traces.derive(record, decision, args.data_dir)
    except StonksError as error:
        print(f"the trace cannot be worked out: {error.message} ({error.hint})", file=sys.stderr)
        return decision
    return replace(decision, trace=trace)
