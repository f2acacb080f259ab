"""Composition root: which concrete parts is this program made of? The one place that names them."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path

from engine.errors import NotFound
from engine.ports import MarketStore, RunStore


def market_path(data_dir: Path) -> Path:
    """Return where market data lies (spec section 11)."""
    return data_dir / "market.db"


def runs_path(data_dir: Path) -> Path:
    """Return the folder with a file for each backtest."""
    return data_dir / "runs"


def cache_path(data_dir: Path) -> Path:
    """Return the folder of what can be made again, such as the calendar."""
    return data_dir / "cache"


def collector_at_rest() -> AbstractContextManager[None]:
    """Keep the garbage collector from looking through a run's books again and again; none of it is garbage."""
    from storage.collector import collector_at_rest as at_rest

    return at_rest()


def runs(data_dir: Path) -> RunStore:
    """Return the store of backtests, for reading: nothing needs to be closed."""
    from storage.run_repository import SqlRunStore

    return SqlRunStore(runs_path(data_dir))


@asynccontextmanager
async def open_runs(data_dir: Path) -> AsyncIterator[RunStore]:
    """Give the store of backtests; runs made and not finished in it count as interrupted afterwards."""
    from storage.run_repository import SqlRunStore

    async with SqlRunStore(runs_path(data_dir)) as store:
        yield store


@asynccontextmanager
async def open_market(data_dir: Path) -> AsyncIterator[MarketStore]:
    """Give the store of market data. Raises NotFound when nothing was imported yet."""
    from storage.market_data import MarketStore as SqlMarketStore

    path = market_path(data_dir)
    if not path.exists():
        raise NotFound(
            f"there is no market data in {data_dir}",
            hint="stonks import bars FILE, or give the files themselves: stonks backtest run --bars FILE …",
        )
    async with SqlMarketStore.open(path) as store:
        yield store
