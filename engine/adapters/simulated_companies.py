"""Simulated companies: who is listed on an exchange that does not exist, and what are they like?

None of these tickers was listed in New York when they were made up. As on real exchanges the sectors differ in size;
a smaller market has the same proportions.
"""

from dataclasses import dataclass

import numpy as np

from engine.adapters.seeded_draws import Draws, Floats, Ints
from engine.errors import BadInput
from engine.model.market import Security

_BY_SECTOR: dict[str, tuple[tuple[str, str], ...]] = {
    "Information Technology": (
        ("QUIL", "Quillon Software"),
        ("ZIRK", "Zirkon Semiconductor"),
        ("NODL", "Nodal Networks"),
        ("VEKT", "Vektor Robotics"),
        ("OPTK", "Optikal Sensors"),
        ("KODA", "Kodafor Cloud"),
        ("BITL", "Bitlow Storage"),
    ),
    "Health Care": (
        ("MEDO", "Medora Diagnostics"),
        ("LYMA", "Lymar Therapeutics"),
        ("SANO", "Sanovar Clinics"),
        ("OSTI", "Ostian Implants"),
        ("PHAL", "Phalen Biologics"),
    ),
    "Financials": (
        ("BURK", "Burkhaven Bank"),
        ("LEDG", "Ledgerstone Capital"),
        ("FIDE", "Fidesco Insurance"),
        ("HAVN", "Havn Savings"),
        ("TALR", "Tallerman Brokers"),
    ),
    "Consumer Discretionary": (
        ("VELM", "Velmont Motors"),
        ("SADL", "Sadler's Row"),
        ("PIKO", "Piko Toys"),
        ("LOMM", "Lommel Home"),
    ),
    "Industrials": (
        ("DRAY", "Dray Freight Lines"),
        ("HOBB", "Hobbart Tools"),
        ("WYKE", "Wyke Engineering"),
        ("PELL", "Pellworm Shipping"),
    ),
    "Energy": (
        ("KELD", "Keldan Oil"),
        ("BRYM", "Brymoor Gas"),
        ("TARV", "Tarvik Offshore"),
        ("OSKA", "Oska Drilling"),
    ),
    "Consumer Staples": (
        ("PANE", "Pane & Daughters"),
        ("MALV", "Malvane Foods"),
        ("SOAP", "Soapwell Household"),
    ),
    "Utilities": (
        ("GRYD", "Grydland Power"),
        ("DAMM", "Dammen Hydro"),
        ("FONT", "Fontaval Water"),
    ),
    "Materials": (
        ("SLAG", "Slagvold Steel"),
        ("ORVA", "Orvane Metals"),
        ("FELD", "Feldmark Chemicals"),
    ),
    "Communication Services": (
        ("WAVO", "Wavo Mobile"),
        ("GAZT", "Gazette & Tribune"),
        ("CINO", "Cinoro Studios"),
    ),
    "Real Estate": (
        ("LOFT", "Loftus Residential"),
        ("QUAY", "Quayside Warehouses"),
        ("MEWS", "Mews & Court"),
    ),
}

DIVIDEND_PAYERS = frozenset({"Financials", "Energy", "Consumer Staples", "Utilities", "Real Estate"})
ONE_PRICE_SECTORS = frozenset({"Energy", "Utilities", "Financials"})
"""Oil, power and interest: what moves one company there moves them all."""
QUARTER = 63  # sessions
SECTORS = tuple(_BY_SECTOR)
MOST = sum(len(names) for names in _BY_SECTOR.values())
FEWEST = len(SECTORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What makes tickers differ, one number a ticker: `beta` to the market, to its `sector`, `own` daily deviation.

    `reports` and `dividend_yield` (a year, 0 for none) are as the names say; `reports` is the row of the first report.
    """

    sector: Ints
    beta: Floats
    sector_beta: Floats
    own: Floats
    reports: Ints
    dividend_yield: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The companies of one market, tickers in order. `sector_index` has each one's place in `SECTORS`."""

    securities: tuple[Security, ...]
    tickers: tuple[str, ...]
    sector_index: tuple[int, ...]


def listing(count: int) -> Listing:
    """Return `count` companies spread over all sectors. Raises BadInput for fewer than 11 or more than 44."""
    if not FEWEST <= count <= MOST:
        raise BadInput(f"a simulated market has {FEWEST} to {MOST} tickers, and {count} were asked for")
    ranked = sorted(
        ((place + 0.5) / len(names), SECTORS.index(sector), Security(ticker=ticker, name=name, sector=sector))
        for sector, names in _BY_SECTOR.items()
        for place, (ticker, name) in enumerate(names)
    )
    chosen = sorted((security for _, _, security in ranked[:count]), key=lambda s: s.ticker)
    return Listing(
        securities=tuple(chosen),
        tickers=tuple(s.ticker for s in chosen),
        sector_index=tuple(SECTORS.index(s.sector or "") for s in chosen),
    )


def characters(draws: Draws, listed: Listing) -> Company:
    """Return what the companies are like; those of a one-price sector do little that their sector does not."""
    n = len(listed.tickers)
    same = np.array([s.sector in ONE_PRICE_SECTORS for s in listed.securities])
    pays = np.array([s.sector in DIVIDEND_PAYERS for s in listed.securities])
    return Company(
        sector=np.array(listed.sector_index, np.int64),
        beta=0.7 + 0.6 * draws.uniform(n),
        sector_beta=(0.7 + 0.6 * draws.uniform(n)) * np.where(same, 2.4, 1.0),
        own=(0.009 + 0.014 * draws.uniform(n)) * np.where(same, 0.22, 1.0),
        reports=np.floor(5 + (QUARTER - 10) * draws.uniform(n)).astype(np.int64),
        dividend_yield=np.where(pays, 0.012 + 0.028 * draws.uniform(n), 0.0),
    )


def quarterly(first: int, end: int) -> range:
    """Return the rows of what comes once a quarter, from `first` on and before `end`."""
    return range(first, end, QUARTER)


def dividend_row(reports: int) -> int:
    """Return the first ex-dividend row of a company that first reports at `reports`."""
    return (reports + QUARTER // 3) % QUARTER + 1
