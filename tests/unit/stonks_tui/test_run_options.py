"""What is written on the command line about a run, and what is made of it."""

import argparse
from datetime import date

import pytest

from engine.errors import BadInput
from engine.model.portfolio import RiskTierName
from stonks_tui import run_options


def read(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    run_options.add_run_options(parser)
    return parser.parse_args(list(words))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("100000", 1_000_000_000),
        ("$25,000.50", 250_005_000),
        ("5_000", 50_000_000),
        ("0.0001", 1),
        ("999999999999.9999", 10**16 - 1),
    ],
)
def test_capital_is_read_to_the_unit(text: str, amount: int) -> None:
    assert run_options.capital(read("--capital", text)) == amount


@pytest.mark.parametrize("text", ["0", "-1", "1000000000000", "0.00001", "ten", "", "nan", "inf", "-inf", "1e30"])
def test_capital_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"^--capital") as refused:
        run_options.capital(read(f"--capital={text}"))
    assert refused.value.hint


def test_the_last_setting_of_a_name_counts() -> None:
    args = read("--set", "max_open_positions=3", "--set", "max_open_positions = 4", "--tier", "aggressive")
    policy = run_options.policy(args)
    assert policy.max_open_positions == 4
    assert policy.risk_tier is RiskTierName.AGGRESSIVE


@pytest.mark.parametrize("option", ["slippage-bps", "commission-per-order", "commission-per-share", "commission-pct"])
@pytest.mark.parametrize("value", ["-0.01", "nan", "inf"])
def test_costs_below_zero_or_without_end_are_refused_by_name(option: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"^--{option} is "):
        run_options.costs(read(f"--{option}={value}"))


@pytest.mark.parametrize(("option", "value"), [("slippage-bps", "10000"), ("commission-pct", "1")])
def test_a_cost_that_leaves_nothing_of_a_sale_is_refused(option: str, value: str) -> None:
    with pytest.raises(BadInput, match=f"^--{option} is {value}$"):
        run_options.costs(read(f"--{option}={value}"))


def test_days_may_be_open_or_the_same_but_not_reversed() -> None:
    assert run_options.days(read()) == (None, None)
    assert run_options.days(read("--start", "2014-01-06", "--end", "2014-01-06")) == (date(2014, 1, 6),) * 2
    with pytest.raises(BadInput, match="--start 2014-01-07 is after --end 2014-01-06"):
        run_options.days(read("--start", "2014-01-07", "--end", "2014-01-06"))
