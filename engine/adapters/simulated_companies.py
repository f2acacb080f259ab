"""Simulated companies: who is listed on an exchange that does not exist?

None of these tickers was listed in New York when they were made up. The order is one sector after the other, so that
the first few dozen are spread over all eleven.
"""

from dataclasses import dataclass

from engine.errors import BadInput
from engine.model.market import Security

_BY_SECTOR: dict[str, tuple[tuple[str, str], ...]] = {
    "Information Technology": (
        ("QUIL", "Quillon Software"),
        ("ZIRK", "Zirkon Semiconductor"),
        ("NODL", "Nodal Networks"),
        ("VEKT", "Vektor Robotics"),
    ),
    "Health Care": (
        ("MEDO", "Medora Diagnostics"),
        ("LYMA", "Lymar Therapeutics"),
        ("SANO", "Sanovar Clinics"),
        ("OSTI", "Ostian Implants"),
    ),
    "Financials": (
        ("BURK", "Burkhaven Bank"),
        ("LEDG", "Ledgerstone Capital"),
        ("FIDE", "Fidesco Insurance"),
        ("HAVN", "Havn Savings"),
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
        ("TILN", "Tilney Grocers"),
    ),
    "Utilities": (
        ("GRYD", "Grydland Power"),
        ("DAMM", "Dammen Hydro"),
        ("FONT", "Fontaval Water"),
        ("EMBR", "Embrey Gas & Light"),
    ),
    "Materials": (
        ("SLAG", "Slagvold Steel"),
        ("ORVA", "Orvane Metals"),
        ("FELD", "Feldmark Chemicals"),
        ("GYPS", "Gypsworth Aggregates"),
    ),
    "Communication Services": (
        ("WAVO", "Wavo Mobile"),
        ("GAZT", "Gazette & Tribune"),
        ("CINO", "Cinoro Studios"),
        ("ANTN", "Antenna One"),
    ),
    "Real Estate": (
        ("LOFT", "Loftus Residential"),
        ("QUAY", "Quayside Warehouses"),
        ("MEWS", "Mews & Court"),
        ("BRNB", "Barnaby Storage"),
    ),
}

DIVIDEND_PAYERS = frozenset({"Financials", "Energy", "Consumer Staples", "Utilities", "Real Estate"})
SECTORS = tuple(_BY_SECTOR)
MOST = sum(len(names) for names in _BY_SECTOR.values())
FEWEST = len(SECTORS)


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
    rounds = max(len(names) for names in _BY_SECTOR.values())
    all_of_them = [
        Security(ticker=names[i][0], name=names[i][1], sector=sector)
        for i in range(rounds)
        for sector, names in _BY_SECTOR.items()
    ]
    chosen = sorted(all_of_them[:count], key=lambda s: s.ticker)
    return Listing(
        securities=tuple(chosen),
        tickers=tuple(s.ticker for s in chosen),
        sector_index=tuple(SECTORS.index(s.sector or "") for s in chosen),
    )
