"""docs/broker-protocol.md says what the code reads and writes, and nothing else."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.broking import wire
from engine.broking.messages import SCHEMA_VERSION, AccountMode, JobKind, RefusalReason
from engine.broking.queue_broker import Patience
from engine.errors import BadInput
from engine.model.orders import TRANSITIONS, OrderSide, OrderState, OrderTag, OrderType, TimeInForce
from stonks_tui.broker_check import kit
from storage import redis_keys

DOCUMENT = (Path(__file__).parents[4] / "docs" / "broker-protocol.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>[^|]*) \| (?P<missing>[^|]*) \|", re.MULTILINE)
_, JOBS, ANSWERS, *_ = re.split(r"^## (?:Jobs|Answers|States)$", DOCUMENT, flags=re.MULTILINE)


def _examples(part: str) -> list[dict[str, Any]]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", part, re.DOTALL)]


def _sections(part: str) -> list[tuple[str, str]]:
    common, *own = re.split(r"^### ", part, flags=re.MULTILINE)
    return [(common, section) for section in own]


def _fields(part: str) -> set[str]:
    return {found["name"] for found in ROW.finditer(part)}


def _rewritten(said: dict[str, Any], read: Callable[[str], Any], write: Callable[[Any], str]) -> str:
    return write(read(json.dumps(said)))


@pytest.mark.parametrize("said", _examples(JOBS), ids=lambda said: said["kind"])
def test_every_example_of_a_job_is_what_the_code_writes(said: dict[str, Any]) -> None:
    """Letter for letter, but for the line breaks."""
    written = _rewritten(said, wire.job_from, wire.job_text)
    assert written == json.dumps(said, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("said", _examples(ANSWERS), ids=lambda said: said["kind"])
def test_every_example_of_an_answer_is_what_the_code_writes(said: dict[str, Any]) -> None:
    """Letter for letter, but for the line breaks."""
    written = _rewritten(said, wire.answer_from, wire.answer_text)
    assert written == json.dumps(said, separators=(",", ":"), ensure_ascii=False)


def test_there_is_an_example_of_each_kind() -> None:
    """Of each that the code knows."""
    assert {said["kind"] for said in _examples(JOBS)} == set(JobKind)
    kinds = {said["kind"] for said in _examples(ANSWERS)}
    with pytest.raises(BadInput, match=f"it is one of {', '.join(_in_order(kinds))}$"):
        wire.answer_from(json.dumps({"schema_version": SCHEMA_VERSION, "kind": "other", "epoch": 1}))


@pytest.mark.parametrize("part", [JOBS, ANSWERS], ids=["jobs", "answers"])
def test_the_tables_have_every_field_that_is_written_and_no_other(part: str) -> None:
    """Each kind has a table of its own, beside that of what all have."""
    for common, own in _sections(part):
        written = {name for said in _examples(own) for name in said}
        assert _fields(common + own) == written


@pytest.mark.parametrize("part", [JOBS, ANSWERS], ids=["jobs", "answers"])
def test_what_may_not_be_missing_is_missed_by_the_reader_and_nothing_else(part: str) -> None:
    """As the column says that is about it."""
    read = wire.job_from if part is JOBS else wire.answer_from
    for common, own in _sections(part):
        may_miss = {found["name"]: found["missing"].strip() for found in ROW.finditer(common + own)}
        for said in _examples(own):
            for name in said:
                without = json.dumps({other: value for other, value in said.items() if other != name})
                if _is_needed(may_miss[name], name, said):
                    with pytest.raises(BadInput, match=name):
                        read(without)
                else:
                    read(without)


def test_every_word_that_a_field_may_have_is_there() -> None:
    """Sides, types, tags, modes, reasons and states."""
    words = {*OrderSide, *OrderType, *TimeInForce, *OrderTag, *AccountMode, *RefusalReason, *OrderState, *JobKind}
    assert not [word for word in words if f"`{word}`" not in DOCUMENT]


def test_the_table_of_states_is_the_one_that_the_engine_goes_by() -> None:
    """Nothing comes before the first report, which is where an order is submitted."""
    _, after = DOCUMENT.split("| after | may come |\n| --- | --- |\n")
    rows = [line.strip("| ").split(" | ") for line in after.partition("\n\n")[0].splitlines()]
    said = {name: set(re.findall(r"`(\w+)`", then)) for first, then in rows for name in _states(first)}
    assert said == {state: set(TRANSITIONS[state]) for state in TRANSITIONS if state != OrderState.CREATED}


def test_every_guarantee_is_there_under_its_number_and_in_the_words_of_the_check() -> None:
    """The engine's follow those that are checked."""
    numbers = re.findall(r"^- \*\*G(\d+)\*\*", DOCUMENT, re.MULTILINE)
    assert numbers == [str(number + 1) for number in range(len(numbers))]
    for check in kit.CHECKS:
        assert f"- **{check.number}** (`{check.name}`) {check.sentence}\n" in DOCUMENT


def test_the_names_of_keys_and_the_waits_are_the_codes() -> None:
    """As storage and engine have them."""
    for queue in (redis_keys.BROKER_ORDERS, redis_keys.BROKER_RESULTS):
        assert f"| `{queue}` | list |" in DOCUMENT
    for name in (redis_keys.taken, redis_keys.refused, redis_keys.life, redis_keys.mark):
        assert f"| `{name(redis_keys.BROKER_ORDERS)}` |" in DOCUMENT
    assert f"at most {wire.MOST_LETTERS:,}\nletters" in DOCUMENT
    assert Patience().answer_seconds == 2
    assert "waited for two seconds" in DOCUMENT


def _is_needed(said: str, name: str, example: dict[str, Any]) -> bool:
    if said.startswith("not of "):
        return example["kind"] in said or example.get("order_type") == "limit" in said
    if said.startswith("when "):
        return example[name] is not None
    return said.startswith("no")


def _in_order(kinds: set[str]) -> list[str]:
    order = ["order", "order_history", "positions", "ticker", "done", "refused"]
    assert kinds == set(order)
    return order


def _states(first: str) -> list[str]:
    return re.findall(r"`(\w+)`", first) or [OrderState.SUBMITTED]
