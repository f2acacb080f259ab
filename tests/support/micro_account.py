"""Micro account: a world in which intraday signals are traded on both of its days, up to where an engine waits."""

from dataclasses import replace
from datetime import timedelta

from engine.model.signals import IntradaySignal, SignalDirection, SignalWindow
from tests.support import live_account
from tests.support.markets import IntradayWorld

SIGNALS = (
    (0, 4, "BBB", 0.91),
    (0, 6, "CCC", 0.82),
    (0, 30, "DDD", 0.77),
    (0, 40, "BBB", 0.69),
    (1, 3, "BBB", 0.88),
    (1, 6, "DDD", 0.31),
    (1, 14, "CCC", 0.93),
    (1, 19, "DDD", 0.84),
)
"""Day, minute, ticker, confidence."""


def world() -> IntradayWorld:
    """Return it: each position is held for eight minutes at most; one ticker alone is recommended."""
    busy = live_account.WORLD
    return replace(
        busy,
        recommendations=tuple(r for r in busy.recommendations if r.ticker == "AAA"),
        signals=tuple(
            IntradaySignal(
                signal_id=f"s{number}",
                ticker=ticker,
                window=SignalWindow.INTRADAY,
                direction=SignalDirection.UP,
                confidence=confidence,
                generated_at=busy.played[day].open_at + timedelta(minutes=minute),
            )
            for number, (day, minute, ticker, confidence) in enumerate(SIGNALS)
        ),
        policy=replace(
            busy.policy, micro_trading_enabled=True, micro_trading_max_hold_minutes=8, micro_trading_max_daily=5
        ),
    )
