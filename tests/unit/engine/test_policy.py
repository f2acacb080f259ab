"""Policy: settings in, settings out, and what is said of a wrong one."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.model.portfolio import RiskTierName
from engine.policy import RISK_TIER_DEFAULTS, RiskTierConfig, TradingPolicy
from engine.policy_mapping import as_mapping, changes, from_mapping

DEFAULTS = as_mapping(TradingPolicy())
LIMITS = {f.name: (f.metadata["low"], f.metadata["high"]) for f in fields(TradingPolicy) if f.metadata} | {
    f"tiers.{t}.{f.name}": (f.metadata["low"], f.metadata["high"]) for t in RiskTierName for f in fields(RiskTierConfig)
}
NUMBERS = {n: v for n, v in DEFAULTS.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}


@st.composite
def settings_by_name(draw: st.DrawFn) -> dict[str, Any]:
    """Some settings with values inside their range."""
    chosen = draw(st.lists(st.sampled_from(sorted(NUMBERS)), unique=True, max_size=6))
    values: dict[str, Any] = {}
    for name in chosen:
        low, high = LIMITS[name]
        whole = isinstance(NUMBERS[name], int)
        values[name] = draw(st.integers(int(low), int(high)) if whole else st.floats(low, high))
    if values.get("correlation_reject_above", 0.8) < values.get("correlation_reduce_above", 0.5):
        values["correlation_reject_above"] = 1.0
        values["correlation_reduce_above"] = 0.5
    return values


@given(settings_by_name())
def test_a_policy_comes_back_from_its_mapping(values: dict[str, Any]) -> None:
    policy = from_mapping(values)
    assert from_mapping(as_mapping(policy)) == policy
    assert as_mapping(policy) == DEFAULTS | values


@given(settings_by_name())
def test_changes_name_what_differs_and_what_is_looser(values: dict[str, Any]) -> None:
    found = {c.name: c for c in changes(from_mapping(values))}
    assert found.keys() == {n for n, v in values.items() if v != DEFAULTS[n]}
    for name, change in found.items():
        assert (change.value, change.default) == (values[name], DEFAULTS[name])


@pytest.mark.parametrize(
    ("name", "looser", "tighter"),
    [
        ("max_open_positions", 11, 9),
        ("active_pool_minimum", 99, 101),
        ("window_start_minutes", 0, 30),
        ("declining_share_limit", 0.6, 0.4),
        ("declining_min_positions", 4, 2),
        ("earnings_reject_sessions", -1, 2),
        ("earnings_reduce_factor", 0.9, 0.1),
        ("correlation_reject_above", 0.9, 0.7),
        ("reserve_siphon_pct", 0.0, 0.5),
        ("vanished_after_sessions", 6, 4),
        ("quote_max_age_seconds", 121, 119),
        ("tiers.moderate.min_confidence", 0.5, 0.8),
        ("tiers.moderate.max_portfolio_heat", 0.04, 0.02),
        ("tiers.aggressive.max_sector_pct", 0.5, 0.3),
    ],
)
def test_it_is_known_which_way_is_looser(name: str, looser: float, tighter: float) -> None:
    assert [c.looser for c in changes(from_mapping({name: looser}))] == [True]
    assert [c.looser for c in changes(from_mapping({name: tighter}))] == [False]


def test_nested_tables_and_dotted_names_are_the_same() -> None:
    nested = from_mapping({"tiers": {"moderate": {"max_position_pct": 0.07}}})
    assert nested == from_mapping({"tiers.moderate.max_position_pct": 0.07})
    assert nested.tiers[RiskTierName.MODERATE].max_position_pct == 0.07
    assert nested.tiers[RiskTierName.AGGRESSIVE] == RISK_TIER_DEFAULTS[RiskTierName.AGGRESSIVE]


def test_only_what_is_given_changes() -> None:
    base = from_mapping({"max_open_positions": 3})
    assert from_mapping({"active_pool_minimum": 5}, base).max_open_positions == 3


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("max_open_position", "max_open_positions"),
        ("reserve_syphon_pct", "reserve_siphon_pct"),
        ("tiers.moderate.max_portfolio_heatt", "tiers.moderate.max_portfolio_heat"),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest(name: str, suggestion: str) -> None:
    with pytest.raises(BadInput, match=name) as refused:
        from_mapping({name: 1})
    assert suggestion in refused.value.hint


def test_an_unknown_setting_near_to_nothing_gets_no_suggestion() -> None:
    with pytest.raises(BadInput, match="xyzzy") as refused:
        from_mapping({"xyzzy": 1})
    assert refused.value.hint == ""


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_every_number_has_a_range_and_its_name_is_in_the_refusal(name: str) -> None:
    low, high = LIMITS[name]
    for value in (low - 1, high + 1):
        with pytest.raises(BadInput, match=name.rpartition(".")[2]):
            from_mapping({name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_open_positions", 2.5),
        ("max_open_positions", True),
        ("max_open_positions", float("nan")),
        ("base_allocation_pct", "much"),
        ("base_allocation_pct", None),
        ("base_allocation_pct", float("nan")),
        ("base_allocation_pct", float("inf")),
        ("enabled", "perhaps"),
        ("risk_tier", "reckless"),
        ("account", "savings"),
        ("tiers", 3),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=name):
        from_mapping({name: value})


def test_words_for_yes_and_no_and_numbers_in_text_are_read() -> None:
    policy = from_mapping({"enabled": "no", "max_open_positions": "7", "risk_tier": "Aggressive", "account": "LIVE"})
    assert (policy.enabled, policy.max_open_positions) == (False, 7)
    assert (policy.risk_tier, policy.account) == (RiskTierName.AGGRESSIVE, "live")


def test_correlation_limits_must_be_in_order() -> None:
    with pytest.raises(BadInput, match="correlation_reject_above"):
        from_mapping({"correlation_reject_above": 0.4})


def test_the_tiers_rise_from_careful_to_bold() -> None:
    careful, middle, bold = (RISK_TIER_DEFAULTS[t] for t in RiskTierName)
    assert careful.min_confidence > middle.min_confidence > bold.min_confidence
    for name in ("max_position_pct", "stop_loss_atr_multiplier", "max_sector_pct", "max_portfolio_heat"):
        assert getattr(careful, name) < getattr(middle, name) < getattr(bold, name)


def test_a_policy_without_one_of_the_tiers_is_refused() -> None:
    with pytest.raises(BadInput):
        TradingPolicy(tiers={RiskTierName.MODERATE: RISK_TIER_DEFAULTS[RiskTierName.MODERATE]})


def test_per_cent_are_read_as_the_fraction_they_are() -> None:
    policy = from_mapping({"base_allocation_pct": "5 %", "daily_loss_pct": "0.7%"})
    assert (policy.base_allocation_pct, policy.daily_loss_pct) == (0.05, 0.007)


@pytest.mark.parametrize(
    ("name", "text"), [("max_open_positions", "5 %"), ("daily_loss_pct", "% 5"), ("daily_loss_pct", "%")]
)
def test_what_is_no_per_cent_is_refused(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=name):
        from_mapping({name: text})
