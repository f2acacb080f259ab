"""All screens: which are there, each made once?"""

from collections.abc import Callable
from pathlib import Path

from stonks_tui.feeds import Feed
from stonks_tui.requests import Ask
from stonks_tui.screens.backtest import BacktestScreen
from stonks_tui.screens.decisions import DecisionsScreen
from stonks_tui.screens.micro import MicroScreen
from stonks_tui.screens.notifications import NotificationsScreen
from stonks_tui.screens.overview import OverviewScreen
from stonks_tui.screens.performance import PerformanceScreen
from stonks_tui.screens.positions import PositionsScreen
from stonks_tui.screens.run_screen import RunScreen
from stonks_tui.screens.settings import SettingsScreen
from stonks_tui.view_models.kept_lists import KeptList
from stonks_tui.view_models.run_form import Form


def made(
    feed: Feed, ask: Ask, *, kept: Callable[[str], KeptList], data_dir: Path, new_form: Callable[[], Form]
) -> tuple[RunScreen, ...]:
    """Return every screen of `view_models/commands.py`, in that order."""
    return (
        OverviewScreen(feed, ask),
        PositionsScreen(feed, ask, kept=kept),
        DecisionsScreen(feed, ask, kept=kept),
        PerformanceScreen(feed, ask),
        BacktestScreen(feed, ask, data_dir=data_dir, new_form=new_form),
        MicroScreen(feed, ask),
        NotificationsScreen(feed, ask, kept=kept),
        SettingsScreen(feed, ask, kept=kept),
    )
