"""Backtest schemas: what may be asked for, how far is it, and what has it come to?"""

from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.model.portfolio import RiskTierName
from engine.model.runs import RunStatus
from engine.ports import RunState
from stonks_tui.http.schemas import LAST_PLACE, DateSaid, Dollars, Fraction, Moment, Number, Said, Told

Text = Annotated[str, StringConstraints(pattern=r"^[ -~]{0,80}$")]
RunId = Annotated[int, Field(ge=1, le=LAST_PLACE)]


class BacktestWish(Said):
    """A backtest of what was imported into market.db; what is left out is as `stonks backtest run` has it."""

    name: str = Field(default="", max_length=80, pattern=r"^[A-Za-z0-9 ._\-]*$", examples=["tighter stops"])
    start: DateSaid | None = Field(default=None, description="the first session")
    end: DateSaid | None = Field(default=None, description="the last session")
    capital: str | None = Field(default=None, pattern=r"^[1-9][0-9]{0,8}(\.[0-9]{1,4})?$", examples=["100000.00"])
    risk_tier: RiskTierName | None = None
    settings: dict[str, bool | int | float | Text] = Field(
        default_factory=dict,
        max_length=100,
        description="rules that differ from the defaults, by their names, as GET /api/trading/config lists them",
        examples=[{"max_open_positions": 8}],
    )


class BacktestStarted(Told):
    """It is being made."""

    backtest_id: int
    href: str = Field(examples=["/api/trading/backtest/7"])


class Progress(Told):
    """How far it is, as long as this process remembers."""

    words: str
    fraction: Fraction
    done: int
    total: int
    on: date | None
    decisions: int
    latest: Dollars | None
    seconds: float
    elapsed: float
    seconds_left: Number
    ended: RunStatus | None
    problem: str
    hint: str


class Statistics(Told):
    """Figures over closed trades."""

    trade_count: int
    win_count: int
    loss_count: int
    win_rate: Number
    profit_factor: Number
    net_pnl: Dollars
    average_win: Dollars | None
    average_loss: Dollars | None
    average_hold_days: Number


class Results(Told):
    """What it has come to."""

    initial_value: Dollars
    final_value: Dollars
    total_return: Number
    annual_return: Number
    sharpe_ratio: Number
    max_drawdown: Number
    current_drawdown: Number
    exposure: Number
    costs: Dollars
    flows: Dollars
    reserve: Dollars
    sessions: int
    trades: Statistics
    micro: Statistics


class Backtest(Told):
    """A backtest; `problem` is why it failed or cannot be read."""

    backtest_id: int
    state: RunState
    name: str
    problem: str
    created_at: Moment | None
    completed_at: Moment | None
    start_on: date | None
    end_on: date | None
    initial_capital: Dollars | None
    risk_tier: RiskTierName | None
    fingerprint: str
    metrics: Results | None
    progress: Progress | None


class Backtests(Told):
    """The last of them, newest first."""

    backtests: list[Backtest]


class Cancelled(Told):
    """It was asked to end, and keeps what it had come to."""

    backtest_id: int
    words: str
