"""`stonks run`: the engine trades an account on paper, with the screens or without."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from stonks_tui import open_app, run_options
from stonks_tui.open_app import add_screen_options

if TYPE_CHECKING:
    from stonks_tui.http.address import HttpPlan
    from stonks_tui.start_settings import StartValue

_START = ("capital", "slippage_bps", "commission_per_order", "commission_per_share", "commission_pct")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stonks run`. What is None was not typed: stonks.toml or the environment may say it."""
    account = parser.add_argument_group("a new account (one that is there goes on with what it has)")
    run_options.add_account_options(parser, account)
    parser.set_defaults(**dict.fromkeys(_START))
    _add_file(parser)
    sources = parser.add_argument_group(
        "what comes in, besides what others write into market.db; files that grow, or folders that fill"
    )
    sources.add_argument("--quotes", type=Path, metavar="FILE|DIR", help="prices: ticker, price, at")
    sources.add_argument("--recommendations", type=Path, metavar="FILE|DIR", help="what others suggest")
    sources.add_argument("--signals", type=Path, metavar="FILE|DIR", help="intraday signals, for micro-trading")
    sources.add_argument("--macro-events", type=Path, metavar="FILE|DIR", help="what shakes the market")
    sources.add_argument(
        "--inputs",
        type=Path,
        metavar="FILE",
        help="tables in PostgreSQL in place of market.db, as [inputs] there says (else that of stonks.toml)",
    )
    process = parser.add_argument_group("the process")
    process.add_argument(
        "--broker",
        choices=("inside", "queue"),
        help="who executes orders: a broker on paper in this process, or a service behind the queue in "
        "$STONKS_REDIS_URL (stonks broker) (inside)",
    )
    process.add_argument("--no-ui", action="store_true", help="no screens: a log, a line an event")
    process.add_argument("--log-format", choices=("text", "json"), help="how the log reads (text)")
    process.add_argument(
        "--log-file",
        type=Path,
        metavar="FILE",
        help="where the log goes (standard error; with the screens, logs/stonks.log in the data directory)",
    )
    process.add_argument("--log-level", choices=("debug", "info", "warning"), help="(info)")
    process.add_argument(
        "--lease-seconds", type=float, metavar="N", help="after so long in silence another engine takes over (90)"
    )
    _add_http(parser)
    add_screen_options(parser)


def _add_http(parser: argparse.ArgumentParser) -> None:
    http = parser.add_argument_group("programs that ask and steer (docs/http.md)")
    http.add_argument("--http", metavar="HOST:PORT", help="listen there; beyond this machine only with tokens")
    http.add_argument("--http-root-path", metavar="PATH", help="the path under which a proxy shows it")
    http.add_argument("--http-rate", metavar="N", help="requests a second of one caller, 0 for as many as come (50)")
    http.add_argument("--http-origins", metavar="ORIGIN,…", help="pages that may ask from a browser (none)")


def _add_file(parser: argparse.ArgumentParser) -> None:
    file = parser.add_argument_group("stonks.toml and the variables STONKS_… (docs/configuration.md)")
    file.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="start-up settings ($STONKS_CONFIG, else stonks.toml in the data directory if it is there)",
    )
    file.add_argument("--no-config", action="store_true", help="read no such file")
    file.add_argument(
        "--on-difference",
        choices=("refuse", "keep", "apply"),
        default="refuse",
        help="where the account has it otherwise: do not begin, keep what it has, take what is said (refuse)",
    )
    file.add_argument("--yes", action="store_true", help="what is taken may be looser: do not ask")


def run(args: argparse.Namespace) -> int:
    """Trade until somebody says stop. Returns the exit code."""
    from stonks_tui import config_command_line, configuration, engine_log, engine_process, live_plan
    from stonks_tui.engine_log import LogFormat

    said = configuration.read(
        args.data_dir, file=args.config, no_file=args.no_config, command_line=config_command_line.read(args)
    )
    http = _http_plan(said.start)
    plan = replace(live_plan.make(args, said), http=http)
    log, level = said.path_of("log_file"), str(said.start["log_level"])
    fmt = cast(LogFormat, said.start["log_format"])
    if args.no_ui or not open_app.has_terminal():
        with engine_log.configure(level, fmt, log):
            engine_process.without_screens(plan)
        return 0
    return engine_process.with_screens(plan, args, log=log, level=level, fmt=fmt)


def _http_plan(start: "Mapping[str, StartValue]") -> "HttpPlan | None":
    """Return where the engine listens for programs, None when it does not. Raises BadInput when strangers could ask."""
    if start["http"] is None:
        return None
    from stonks_tui.http import address

    return address.plan(
        str(start["http"]),
        root_path=str(start["http_root_path"] or ""),
        rate=cast(int, start["http_rate"]),
        origins=str(start["http_origins"] or ""),
        environment=os.environ,
    )
