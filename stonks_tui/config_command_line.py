"""Configuration on the command line: what did whoever typed it say there?"""

import argparse
from typing import Any

from engine.policy_mapping import dotted
from stonks_tui import run_options
from stonks_tui.config_names import require_said
from stonks_tui.config_said import COMMAND_LINE, Said
from stonks_tui.start_settings import START_SETTINGS


def read(args: argparse.Namespace) -> dict[str, Said]:
    """Return what was typed, by the names of settings: `--profile`, then `--tier`, `--set` and options of their own.

    An option that is None was not typed. Raises BadInput for a name that nobody knows.
    """
    found: dict[str, Said] = {}
    if args.profile:
        source = f"the profile {args.profile}"
        for name, value in dotted(run_options.profile(args.profile)):
            require_said(name, source)
            found[name] = Said(value=value, origin=f"profile {args.profile}", where=source)
    if args.tier:
        found["risk_tier"] = _typed(args.tier, "--tier")
    for name, text in map(run_options.pair, args.set):
        require_said(name, "--set")
        found[name] = _typed(text, "--set")
    for name in START_SETTINGS:
        if (value := getattr(args, name, None)) is not None:
            found[name] = _typed(value, f"--{name.replace('_', '-')}")
    return found


def _typed(value: Any, option: str) -> Said:
    return Said(value=value, origin=COMMAND_LINE, where=option)
