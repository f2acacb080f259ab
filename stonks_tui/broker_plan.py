"""Broker plan: of all that the broker service is told, what does it serve, with which books, at which prices?"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from engine.adapters import calendar, clock, tail_inlet
from engine.adapters.input_options import InputOptions
from engine.adapters.tail_inlet import TailInlet
from engine.errors import BadInput, NotFound
from engine.live_sources import Inlet
from stonks_tui import bootstrap, broker_books, broker_place, config_inputs
from stonks_tui.broker_books import BrokerBooks
from stonks_tui.broker_service import BrokerPlan
from stonks_tui.broker_settings import INPUTS_PASSWORD, INPUTS_URL, BrokerSettings
from storage.live_sources import MarketInlet

if TYPE_CHECKING:
    from stonks_tui.config_inputs import Inputs

_AHEAD, _BEHIND = timedelta(days=366), timedelta(days=3 * 366)
"""The years that an engine looks at: the file in which it keeps them serves both."""


def make(data_dir: Path, settings: BrokerSettings, environment: Mapping[str, str]) -> BrokerPlan:
    """Return what is to be served. Raises BadInput and NotFound in words."""
    redis = broker_place.broker_redis(environment, settings.text("redis"))
    today = clock.now().date()
    return BrokerPlan(
        redis=redis,
        books=books(data_dir, settings, environment),
        account=settings.text("account"),
        settings=settings,
        sessions=calendar.xnys(today - _BEHIND, today + _AHEAD, cache_dir=bootstrap.cache_path(data_dir)),
        inlets=inlets(data_dir, settings, environment),
    )


def books(data_dir: Path, settings: BrokerSettings, environment: Mapping[str, str]) -> BrokerBooks:
    """Return where its books are. Raises BadInput for an address that is none."""
    database = broker_place.broker_books(environment, settings.text("database"))
    return BrokerBooks(path=data_dir / broker_books.FILE, database=database)


def inlets(data_dir: Path, settings: BrokerSettings, environment: Mapping[str, str]) -> Sequence[Inlet]:
    """Return where prices come in: tables in PostgreSQL, or market.db, and a file or folder besides.

    Raises NotFound when there is none of them.
    """
    quotes = settings.path("quotes")
    tails = [TailInlet(quotes, tail_inlet.quotes, InputOptions())] if quotes else []
    if (tables := _inputs(settings, environment)) is not None:
        return [*_of_tables(tables), *tails]
    market = settings.path("market") or bootstrap.market_path(data_dir)
    if settings.path("market") is not None or market.exists():
        return [MarketInlet(market), *tails]
    if not tails:
        raise NotFound(
            f"there are no prices to execute orders at: no {market}",
            hint="--quotes FILE, --market market.db of the engine, or --inputs FILE with tables in PostgreSQL",
        )
    return tails


def _inputs(settings: BrokerSettings, environment: Mapping[str, str]) -> "Inputs | None":
    """Return the tables with prices, None when nobody names any: by variables of the broker's own."""
    named = {INPUTS_URL: config_inputs.URL, INPUTS_PASSWORD: config_inputs.PASSWORD}
    named |= {f"{INPUTS_PASSWORD}_FILE": f"{config_inputs.PASSWORD}_FILE"}
    own = {theirs: environment[ours] for ours, theirs in named.items() if environment.get(ours)}
    file = settings.path("inputs")
    try:
        return config_inputs.read(file, own, is_asked=file is not None)
    except BadInput as error:
        message, hint = (text.replace("STONKS_INPUT_", "STONKS_BROKER_INPUT_") for text in (error.message, error.hint))
        raise BadInput(message, hint=hint) from None


def _of_tables(inputs: "Inputs") -> Sequence[Inlet]:
    from stonks_tui import database_inputs  # the driver is not needed for files
    from storage import postgres_sources

    return postgres_sources.price_inlets(database_inputs.opened(inputs, ()))
