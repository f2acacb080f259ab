"""Broken programs: `stonks` with a fault of ours in it, to be run as `python -c`."""

BROKEN_WIDGET = """
import sys
from stonks_tui.screens.overview import OverviewScreen
before = OverviewScreen.look
def look(self, scope, *others):
    if scope is not None:
        raise RuntimeError("a fault of ours")
    before(self, scope, *others)
OverviewScreen.look = look
from stonks_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The first figures break a widget."""
