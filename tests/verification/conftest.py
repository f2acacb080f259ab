"""What the comparisons with outside authorities share: random series, and real prices where somebody has them.

`STONKS_DATA` names a file of daily bars (CSV, packed or not, with the columns date, open, high, low, close and
Name or ticker), or a folder with one that is called prices*.csv or prices*.csv.gz.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

Prices = dict[str, pd.DataFrame]


@pytest.fixture(scope="session")
def real_prices() -> Prices:
    """Return the complete bars of each ticker, by date; skip when there are none to be had."""
    named = os.environ.get("STONKS_DATA")
    if not named:
        pytest.skip("STONKS_DATA names no file of real prices")
    place = Path(named)
    file = place if place.is_file() else next(iter(sorted(place.glob("prices*.csv*"))), None)
    if file is None:
        pytest.skip(f"no prices*.csv or prices*.csv.gz in {place}")
    bars = pd.read_csv(file).rename(columns={"Name": "ticker"})
    complete = bars.dropna(subset=["open", "high", "low", "close"]).sort_values(["ticker", "date"])
    return {str(ticker): of_ticker.reset_index(drop=True) for ticker, of_ticker in complete.groupby("ticker")}


@pytest.fixture(params=range(20), ids=lambda seed: f"seed {seed}")
def random_returns(request: pytest.FixtureRequest) -> npt.NDArray[np.float64]:
    """Return daily returns of all lengths, some calm, some wild, some with a drift."""
    rng = np.random.default_rng(request.param)
    returns = rng.normal(rng.normal(0, 0.001), rng.choice([1e-5, 0.01, 0.05]), int(rng.integers(2, 1500)))
    return np.maximum(returns, -0.9)
