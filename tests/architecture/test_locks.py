"""The locks install the same everywhere: they name no host, they are hashed, and no group undoes another."""

import re
import tomllib
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUPS = ("bootstrap", "main", "test", "check", "verify", "mutants", "http", "deploy")
BESIDE_EACH_OTHER = ("check", "verify", "mutants", "http")
WITHOUT_THE_PROGRAM = ("bootstrap", "deploy")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; (.+?))?(?= \\$)", re.MULTILINE)


def _text(group: str) -> str:
    return (ROOT / f"requirements/{group}.lock").read_text()


def _pins(group: str) -> set[tuple[str, str, str]]:
    """Return name, version and marker of every line of a lock."""
    return {(name, version, marker) for name, version, marker in PIN.findall(_text(group))}


def _asked_for(group: str) -> set[str]:
    """Return the names that pyproject.toml asks for, those of included groups too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = list(project["project"]["dependencies"]) if group not in WITHOUT_THE_PROGRAM else []
    queue = [group] if group != "main" else []
    while queue:
        for entry in project["dependency-groups"][queue.pop()]:
            if isinstance(entry, dict):
                queue.append(entry["include-group"])
            else:
                wanted.append(entry)
    return {re.split(r"[\[<>=!~; ]", name, maxsplit=1)[0] for name in wanted}


@pytest.mark.parametrize("group", GROUPS)
def test_a_lock_names_no_host(group: str) -> None:
    assert "://" not in _text(group)


@pytest.mark.parametrize("group", GROUPS)
def test_every_package_of_a_lock_is_hashed(group: str) -> None:
    blocks = re.split(r"\n(?=\S)", _text(group).strip())
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert len(blocks) == len(_pins(group))


@pytest.mark.parametrize("group", GROUPS)
def test_everything_that_the_project_asks_for_is_locked(group: str) -> None:
    assert _asked_for(group)
    assert _asked_for(group) <= {name for name, _, _ in _pins(group)}


@pytest.mark.parametrize(("smaller", "larger"), [("main", "test"), *(("test", group) for group in BESIDE_EACH_OTHER)])
def test_a_larger_group_keeps_the_versions_of_a_smaller_one(smaller: str, larger: str) -> None:
    assert _pins(smaller) <= _pins(larger)


@pytest.mark.parametrize(("one", "other"), list(combinations(BESIDE_EACH_OTHER, 2)))
def test_groups_beside_each_other_agree_on_what_both_have(one: str, other: str) -> None:
    names = {name for name, _, _ in _pins(one)} & {name for name, _, _ in _pins(other)}
    assert {pin for pin in _pins(one) if pin[0] in names} == {pin for pin in _pins(other) if pin[0] in names}


def test_running_the_tests_costs_no_more_than_the_tests_need() -> None:
    names = {name for name, _, _ in _pins("test")}
    assert names.isdisjoint({"ta-lib", "empyrical-reloaded", "scipy", "mutmut", "libcst", "mypy", "ruff"})
