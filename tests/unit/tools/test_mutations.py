"""Mutations: where faults are made, and that every one can be told from the text."""

from pathlib import Path

import pytest

pytest.importorskip("libcst", reason="the tools of `./stonks mutants` are not installed")
pytest.importorskip("mutmut", reason="the tools of `./stonks mutants` are not installed")

from tools.mutations import Mutation, Owner, mutations

TEXT = '''"""A file."""
from dataclasses import dataclass

LIMIT = 3


@dataclass(frozen=True)
class Thing:
    number: int = 1

    @property
    def twice(self) -> "int":
        return self.number * 2


def small(number: int, most: int = 5) -> bool:
    def inner() -> bool:
        return number < most

    if number:
        return inner()
    return len([1]) == 0
'''


@pytest.fixture
def made(tmp_path: Path) -> list[Mutation]:
    (tmp_path / "file.py").write_text(TEXT)
    return mutations(tmp_path, "file.py")


def on(line: int, made: list[Mutation]) -> set[str]:
    """Return what takes the place of `line` of the text, in all mutations of it."""
    return {m.text.splitlines()[line - 1].strip() for m in made if m.line == line}


def test_constants_decorators_and_class_bodies_have_faults_that_are_seen_at_import(made: list[Mutation]) -> None:
    assert on(4, made) == {"LIMIT = None", "LIMIT = 4"}
    assert "@dataclass(frozen=False)" in on(7, made)
    assert "number: int = 2" in on(9, made)
    assert {m.owner for m in made if m.line in (4, 7, 9, 16)} == {None}


def test_properties_have_faults_and_are_found_by_their_name_and_first_decorator(made: list[Mutation]) -> None:
    assert on(13, made) == {"return self.number / 2", "return self.number * 3"}
    assert {m.owner for m in made if m.line == 13} == {Owner(name="Thing.twice", line=11)}


def test_a_nested_function_belongs_to_the_outer_one(made: list[Mutation]) -> None:
    assert on(18, made) == {"return number <= most"}
    assert {m.owner for m in made if m.line >= 18} == {Owner(name="small", line=16)}


def test_default_values_have_faults_and_annotations_have_none(made: list[Mutation]) -> None:
    assert on(16, made) == {"def small(number: int, most: int = 6) -> bool:"}
    assert on(12, made) == set()


def test_lengths_are_not_left_out(made: list[Mutation]) -> None:
    assert "return len([2]) == 0" in on(22, made)


def test_no_fault_is_made_twice_and_each_has_a_difference_to_show(made: list[Mutation]) -> None:
    assert len({m.text for m in made}) == len(made)
    assert all(m.diff(TEXT).strip() for m in made)
    change = next(m for m in made if m.line == 18)
    assert change.diff(TEXT) == "    -        return number < most\n    +        return number <= most"


def test_tests_of_the_whole_statement_up_to_the_fault_can_notice_it(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("def total():\n    return sum(\n        [\n            1,\n        ]\n    )\n")
    assert {m.lines for m in mutations(tmp_path, "file.py") if m.line == 4} == {range(2, 5)}
