"""The form for a new backtest: what may stand in it, and the command that it comes to."""

import argparse
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.adapters.input_options import InputOptions
from engine.model.costs import CostModel
from engine.model.intraday import StopChecks
from engine.model.money import to_decimal
from engine.model.portfolio import RiskTierName
from engine.model.runs import RunInput, RunRecord
from engine.policy import TradingPolicy
from engine.policy_mapping import as_mapping, from_mapping
from stonks_tui import backtests, run_options
from stonks_tui.commands import backtest, demo
from stonks_tui.input_options import input_options
from stonks_tui.view_models import run_again, run_form
from stonks_tui.view_models.run_form import FIELDS, Form
from tests.support import strategies
from tests.support.samples import a_record

HOME = Path("/data/stonks")
FILES = {"data": "prices.csv", "recommendations": "tips.csv"}


def parsed(words: tuple[str, ...]) -> argparse.Namespace:
    """Return what the command itself reads out of its arguments."""
    command, *rest = words
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--data-dir", type=Path)
    {"demo": demo, "backtest": backtest}[command].configure(parser)
    inner = rest[:-2] if command == "backtest" else rest
    args = parser.parse_args(inner)
    if command == "backtest":  # the program takes this one off before it looks at the words
        assert rest[-2] == "--data-dir"
        args.data_dir = Path(rest[-1])
    return args


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("data", "demo seven", "demo seven is no made-up market; write it like demo 7"),
        ("data", ", ,", "no file is named; write imported, demo 7, or a path"),
        ("data", "", "write imported, demo 7, or a path"),
        ("recommendations", "", "name a file: without, nothing is decided"),
        ("timezone", "Mars/Base", "there is no time zone Mars/Base; write it like America/New_York, or UTC"),
        ("start", "2021-02-30", "2021-02-30 is no date; write it like 2017-03-31"),
        ("end", "soon", "soon is no date; write it like 2017-03-31"),
        ("capital", "ten", "capital: 'ten' is not an amount of dollars; write it like 25000 or 25000.50"),
        ("capital", "0", "capital is 0; it must be above zero, and below a trillion dollars"),
        ("capital", "1e999999", "capital: '1e999999' is not an amount of dollars; write it like 25000 or 25000.50"),
        ("tier", "bold", "there is no tier bold; one of conservative, moderate, aggressive"),
        ("slippage", "-1", "slippage-bps is -1; it is 0 or more, and below 10000 (5 is 0.05 %)"),
        ("slippage", "five", "five is no number; basis points, such as 5 for 0.05 %"),
        ("settings", "max_positions=5", "set: there is no setting 'max_positions'; did you mean 'max_open_positions'?"),
        ("settings", "enabled", "set enabled: write KEY=VALUE; for example set max_open_positions=5"),
        ("name", "a\0b", "a letter in it cannot be printed"),
    ],
)
def test_what_is_wrong_is_said_in_words(field: str, text: str, said: str) -> None:
    assert run_form.check(Form(values={**FILES, field: text})) == {field: said}


def test_a_seed_that_no_run_could_keep_is_refused() -> None:
    form = Form(values={"data": "demo 9999999999999999999"})
    assert run_form.check(form) == {"data": "the seed is too large; write it like demo 7"}


def test_an_end_before_the_start_is_the_fault_of_the_end() -> None:
    form = Form(values={**FILES, "start": "2021-03-02", "end": "2021-03-01"})
    assert list(run_form.check(form)) == ["end"]


def test_a_bad_start_is_not_blamed_on_the_end() -> None:
    assert list(run_form.check(Form(values={**FILES, "start": "x", "end": "2021-03-01"}))) == ["start"]


@pytest.mark.parametrize("name", ["recommendations", "sectors", "timezone", "start", "end", "settings", "name"])
def test_a_made_up_market_leaves_no_choice_of(name: str) -> None:
    text = {"start": "2021-03-01", "end": "2021-03-01", "timezone": "UTC"}.get(name, "enabled=yes")
    found = run_form.check(Form(values={"data": "demo 7", name: text}))
    assert list(found) == [name]
    assert found[name].startswith("leave it empty: ")


def test_a_made_up_market_has_the_usual_slippage() -> None:
    assert run_form.check(Form(values={"data": "demo", "slippage": "5"})) == {}
    assert list(run_form.check(Form(values={"data": "demo", "slippage": "6"}))) == ["slippage"]


def test_imported_prices_come_with_imported_recommendations() -> None:
    assert run_form.check(Form(values={"data": "imported"})) == {}
    assert list(run_form.check(Form(values={"data": "imported", "sectors": "s.csv"}))) == ["sectors"]
    assert list(run_form.check(Form(values={"data": "imported", "timezone": "UTC"}))) == ["timezone"]


def test_a_made_up_market_is_not_run_among_real_ones() -> None:
    form = run_form.default("DEMO")
    assert run_form.check(form, HOME / "demo") == {}
    assert list(run_form.check(form, HOME)) == ["data"]


def test_the_form_is_all_right_as_it_is_at_first() -> None:
    assert run_form.check(run_form.default("DEMO")) == {}
    assert run_form.check(run_form.default("BACKTEST")) == {}


def test_files_have_commas_between_them_and_quotes_around_those_with_commas() -> None:
    form = Form(values={"data": 'a.csv, "b,c.csv" ,', "recommendations": " tips 2021.csv"})
    found = run_form.paths(form)
    assert found["data"] == (Path("a.csv"), Path("b,c.csv"))
    assert found["recommendations"] == (Path("tips 2021.csv"),)
    assert found["sectors"] == ()


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    form = Form(values={"data": "~/p.csv, ~nobody-of-that-name/p.csv"})
    assert run_form.paths(form)["data"] == (Path("/home/ann/p.csv"), Path("~nobody-of-that-name/p.csv"))


@pytest.mark.parametrize("data", ["demo 7", "imported"])
def test_only_files_have_paths(data: str) -> None:
    assert run_form.paths(Form(values={"data": data}))["data"] == ()


def test_a_demo_is_told_the_folder_above_its_own() -> None:
    words = run_form.arguments(run_form.default("DEMO"), HOME / "demo")
    assert (
        " ".join(words) == "demo --backtest --seed 7 --capital 100000 --tier moderate --no-ui --data-dir /data/stonks"
    )


def test_the_command_is_shown_as_a_person_would_type_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STONKS_DATA_DIR", str(HOME))
    form = Form(values={"data": "my prices.csv", "recommendations": "tips.csv", "capital": "$2,500"})
    said = "stonks backtest run --bars 'my prices.csv' --recommendations tips.csv --capital '$2,500'"
    assert run_form.command_line(form, HOME) == said
    assert run_form.command_line(form, Path("/other")) == f"{said} --data-dir /other"


def test_a_demo_once_more_is_the_same_market() -> None:
    source = RunInput(kind="simulated", path="seed 9", digest="", rows=1)
    form = run_again.from_record(a_record(inputs=(source,), seed=9, name="demo, seed 9"))
    assert form.values == {"data": "demo 9", "capital": "100000", "tier": "moderate", "slippage": "5"}
    assert run_form.check(form, HOME / "demo") == {}


def test_a_setting_that_is_gone_is_said_and_not_dropped() -> None:
    form = run_again.from_record(a_record(policy={"max_open_positions": 10, "moon_phase": 3}))
    assert form.value("settings") == "moon_phase=3"
    assert "settings" in run_form.check(form)


names = st.from_regex(r"[-~a-z][a-z0-9 ,._-]{0,12}\.csv", fullmatch=True)
texts = {
    "data": st.sampled_from(("demo", "demo 7", "Demo  12", "imported")) | names | strategies.texts,
    "recommendations": st.just("") | names,
    "sectors": st.just("") | names,
    "start": st.just("") | strategies.days.map(str) | strategies.texts,
    "end": st.just("") | strategies.days.map(str),
    "capital": st.sampled_from(("", "25000", "$1,000.50", "-5", "1_000")) | strategies.texts,
    "tier": st.sampled_from(("", *run_options.TIERS)) | strategies.texts,
    "slippage": st.just("") | st.floats().map(str) | strategies.texts,
    "settings": st.sampled_from(("", "max_open_positions=5 enabled=no", "account=live")) | strategies.texts,
    "name": st.just("") | strategies.texts,
}
forms = st.fixed_dictionaries({}, optional=texts).map(lambda values: Form(values=values))


@given(form=forms)
def test_a_form_without_fault_comes_to_arguments_that_say_the_same(form: Form) -> None:
    run_form.command_line(form, HOME)
    words = run_form.arguments(form, HOME / "demo")
    if run_form.check(form):
        return
    args = parsed(words)
    capital = form.value("capital")
    assert run_options.capital(args) == (run_options.capital_of(capital) if capital else 1_000_000_000)
    assert RiskTierName(args.tier or "moderate").value == (form.value("tier") or "moderate")
    if form.seed is not None:
        assert (args.seed, args.data_dir, args.no_ui) == (form.seed, HOME, True)
        return
    assert args.data_dir == HOME / "demo"
    named = run_form.paths(form)
    assert (args.bars, args.recommendations, args.sectors) == tuple(map(list, named.values())) or not form.is_of_files
    assert [str(day or "") for day in run_options.days(args)] == [_day(form.value(n)) for n in ("start", "end")]
    assert run_options.costs(args) == CostModel(slippage_bps=float(form.value("slippage") or 5))
    assert run_options.policy(args) == run_options.with_settings(
        run_options.policy(argparse.Namespace(profile=None, tier=args.tier, set=[])), form.value("settings").split()
    )
    assert args.name == form.value("name")


def _day(text: str) -> str:
    return str(run_options.day_of(text)) if text else ""


inputs = st.builds(
    RunInput,
    kind=st.sampled_from(
        [k for k in backtests.Files.__dataclass_fields__ if k not in {"bars", "quotes", "recommendations"}]
    ),
    path=names.map(lambda name: f"/files/{name}"),
    digest=st.just(""),
    rows=st.just(1),
)
prices = st.sampled_from(("bars", "quotes"))
options = st.builds(
    InputOptions,
    date_format=st.none() | st.just("%d/%m/%Y"),
    timezone=st.none() | st.just("America/New_York"),
    confidence_scale=st.sampled_from((1.0, 100.0)),
    adjusted=st.booleans(),
    skip_bad=st.booleans(),
    splits_adjusted=st.sampled_from(("auto", "yes", "no")),
    bar_time=st.sampled_from(("start", "end")),
    columns=st.sampled_from(({}, {"close": "Last = Price"})),
)
costs = st.builds(
    CostModel,
    slippage_bps=st.floats(0, 9_999),
    commission_per_order=st.floats(0, 100),
    commission_per_share=st.floats(0, 1),
    commission_pct=st.floats(0, 0.5),
)
settings = st.fixed_dictionaries(
    {},
    optional={
        "risk_tier": st.sampled_from(RiskTierName),
        "max_open_positions": st.integers(0, 100),
        "enabled": st.booleans(),
        "account": st.sampled_from(("paper", "live")),
        "tiers.moderate.max_position_pct": strategies.fractions,
    },
)


@given(
    prices=prices,
    data=st.lists(inputs, max_size=6),
    options=options,
    stops=st.sampled_from(StopChecks),
    costs=costs,
    policy=settings.map(from_mapping),
    capital=st.integers(1, 10**16 - 1),
    days=st.tuples(strategies.days, strategies.days).map(sorted),
    name=st.text(st.characters(categories=("L", "N", "P")), max_size=9),
)
def test_a_run_once_more_is_asked_for_in_the_same_way(
    prices: str,
    data: list[RunInput],
    options: InputOptions,
    stops: StopChecks,
    costs: CostModel,
    policy: TradingPolicy,
    capital: int,
    days: list[object],
    name: str,
) -> None:
    needed = [RunInput(kind=kind, path=f"/files/{kind}.csv", digest="", rows=1) for kind in (prices, "recommendations")]
    record = a_record(
        inputs=(*needed, *data),
        reading=backtests.reading_of(options) | ({"stop_checks": stops.value} if stops is StopChecks.INTRABAR else {}),
        costs=asdict(costs),
        policy=as_mapping(policy),
        risk_tier=policy.risk_tier,
        initial_capital=capital,
        start_on=days[0],
        end_on=days[1],
        name=name,
    )
    form = run_again.from_record(record)
    assert run_form.check(form) == {}
    args = parsed(run_form.arguments(form, HOME))
    assert (run_options.policy(args), run_options.costs(args), run_options.capital(args)) == (policy, costs, capital)
    assert (list(run_options.days(args)), args.name) == (days, name)
    assert (input_options(args), args.stop_checks) == (options, stops)
    assert backtests.options_of(record.reading) == options
    assert backtests.stop_checks_of(record.reading) is stops
    for kind in backtests.Files.__dataclass_fields__:
        assert getattr(args, kind) == [Path(i.path) for i in record.inputs if i.kind == kind]


@given(record=strategies.run_records)
def test_any_run_can_be_made_into_a_form(record: RunRecord) -> None:
    form = run_again.from_record(record)
    run_form.check(form)
    run_form.arguments(form, HOME)
    assert {*form.values} <= {field.name for field in FIELDS}
    assert form.value("capital").rstrip(".0") == f"{to_decimal(record.initial_capital):f}".rstrip(".0")
