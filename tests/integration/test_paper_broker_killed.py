"""The paper broker in a process that is killed again and again: what was answered holds, each order is filled once.

The child brings the same orders in the same order, each of them again when it was killed soon after, and says what it
was answered and what it heard. The moments of the kills are drawn from a seed, as far as the system lets them.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from engine.adapters.paper_broker import PaperBroker
from engine.model.live import OrderReport
from engine.model.orders import OrderSide, OrderState
from storage.paper_store import PaperStore
from tests.support.paper import shares_in
from tests.support.paper_child import COSTS, ORDERS
from tests.support.program import ROOT

KILLS = 10
MAY_BE_QUICKER = 3
"""So many children may have done everything before the kill comes: on a quick machine that is no fault."""
SEED = 20240122


def lived(path: Path, first: int, *, lines: int | None, then: float) -> tuple[list[str], int]:
    """Return what a child said and its exit code; it is killed `then` seconds after so many lines, None: never."""
    command = [sys.executable, "-P", "-m", "tests.support.paper_child", str(path), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}) as child:
        assert child.stdout is not None
        said = []
        if lines is not None:
            said = [child.stdout.readline() for _ in range(lines)]
            time.sleep(then)
            child.kill()
        said += child.stdout.readlines()
        code = child.wait()
    return [line.rstrip("\n") for line in said if line.endswith("\n")], code


async def books(path: Path) -> tuple[dict[str, Sequence[OrderReport]], dict[str, int]]:
    """Return what the broker says of each order that it knows, and what it holds."""
    async with PaperStore.open(path) as store:
        broker = PaperBroker(store, COSTS)
        said = {order.client_order_id: await broker.reports_on(order.client_order_id) for order in ORDERS}
        positions = dict(await broker.positions())
    return {order: reports for order, reports in said.items() if reports is not None}, positions


def sums(said: dict[str, Sequence[OrderReport]]) -> dict[str, int]:
    """Return the shares that the fills come to, by ticker; each order's reports count up and never go beyond it."""
    held: dict[str, int] = {}
    for order in ORDERS:
        reports = said.get(order.client_order_id, ())
        assert [report.number for report in reports] == list(range(1, len(reports) + 1))
        filled = shares_in(reports)
        assert filled <= order.quantity
        assert not reports or reports[-1].filled == filled
        held[order.ticker] = held.get(order.ticker, 0) + (filled if order.side is OrderSide.BUY else -filled)
    return {ticker: shares for ticker, shares in held.items() if shares}


@pytest.mark.timeout(300)
async def test_p40_killed_again_and_again_every_order_is_filled_once_and_what_was_answered_holds(
    tmp_path: Path,
) -> None:
    path, rng = tmp_path / "paper.db", Random(SEED)
    answered: set[str] = set()
    heard: set[str] = set()
    first = killed = 0
    for _ in range(KILLS):
        lines = max(0, rng.randrange(-4, 20))  # 0: while it starts, before it has said anything
        said, code = lived(path, first, lines=lines, then=rng.uniform(0, 0.02 if lines else 0.9))
        killed += code < 0
        answered |= {line.removeprefix("brought ") for line in said if line.startswith("brought ")}
        heard |= {line.removeprefix("heard ") for line in said if line.startswith("heard ")}
        known, positions = await books(path) if path.exists() else ({}, {})
        assert answered <= known.keys()
        assert heard <= {f"{report.client_order_id} {report.number}" for all_of in known.values() for report in all_of}
        assert positions == sums(known)
        first = max(0, len(answered) - rng.randrange(4))
    assert killed >= KILLS - MAY_BE_QUICKER

    said, code = lived(path, first, lines=None, then=0)
    assert (code, said[-1]) == (0, "done")
    known, positions = await books(path)
    assert len(known) == len(ORDERS)
    assert all(reports[-1].state is OrderState.FILLED for reports in known.values())
    assert positions == sums(known)
