"""What a run remembers of how its files were read, and what the shell is told of its end."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.adapters.faults import FAULT_KINDS, FaultKind
from engine.adapters.input_options import InputOptions
from engine.model.runs import RunStatus
from stonks_tui import backtests

names = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1, max_size=12)


@st.composite
def faults(draw: st.DrawFn) -> dict[FaultKind, str]:
    kinds = draw(st.sets(st.sampled_from(list(FaultKind))))
    return {kind: draw(st.sampled_from(FAULT_KINDS[kind].actions)) for kind in sorted(kinds)}


@settings(max_examples=40)
@given(
    options=st.builds(
        InputOptions,
        date_format=st.none() | names,
        timezone=st.none() | names,
        confidence_scale=st.floats(1e-6, 1e6),
        adjusted=st.booleans(),
        closes_only=st.booleans(),
        skip_bad=st.booleans(),
        splits_adjusted=st.sampled_from(("auto", "yes", "no")),
        on_fault=faults(),
        columns=st.dictionaries(names, names),
    )
)
def test_what_was_written_down_of_the_reading_options_gives_the_same_options(options: InputOptions) -> None:
    assert backtests.options_of(backtests.reading_of(options)) == options


def test_two_columns_named_without_a_space_stay_two() -> None:
    options = InputOptions(columns={"close": "Last", "open": "First"})
    assert backtests.options_of(backtests.reading_of(options)) == options


def test_only_what_differs_from_the_defaults_is_written_down() -> None:
    assert backtests.reading_of(InputOptions()) == {}
    assert backtests.reading_of(InputOptions(skip_bad=True)) == {"skip_bad": "True"}


@pytest.mark.parametrize(
    ("status", "code"),
    [(RunStatus.COMPLETED, 0), (RunStatus.CANCELLED, 130), (RunStatus.FAILED, 1), (RunStatus.RUNNING, 1)],
)
def test_the_shell_is_told_how_a_run_ended(status: RunStatus, code: int) -> None:
    assert backtests.exit_code(status) == code
