"""Which way imports point: the tree keeps every contract of `.importlinter`, and each contract can be broken."""

import configparser
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "storage", "stonks_tui")

# Checks the packages in its directory anew for each line that it reads, and answers with what lint-imports prints.
# The line names contracts; an empty one means all.
LINTER = """
import contextlib, io, json, sys
from importlinter.cli import lint_imports
sys.path.insert(0, ".")
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as said:
        lint_imports(
            config_filename=sys.argv[1], limit_to_contracts=tuple(line.split()), no_cache=True, no_logo=True
        )
    print(json.dumps(said.getvalue()), flush=True)
"""

# (contract, the file that gets the forbidden import, what it imports)
VIOLATIONS = [
    ("folders", "engine/model/planted.py", "storage.planted"),
    ("folders", "engine/adapters/planted.py", "storage.planted"),
    ("folders", "storage/planted_too.py", "stonks_tui.planted"),
    ("engine", "engine/errors.py", "engine.model.planted"),
    ("engine", "engine/model/planted_too.py", "engine.policy"),
    ("engine", "engine/policy.py", "engine.risk.planted"),
    ("engine", "engine/risk/planted_too.py", "engine.accounting.planted"),
    ("engine", "engine/accounting/planted_too.py", "engine.decision.planted"),
    ("engine", "engine/decision/planted_too.py", "engine.ports"),
    ("engine", "engine/decision/planted_too.py", "engine.telling.notifications"),
    ("engine", "engine/ports.py", "engine.simulated_broker"),
    ("engine", "engine/simulated_broker.py", "engine.backtester"),
    ("engine", "engine/simulated_broker.py", "engine.effect_runner"),
    ("engine", "engine/backtester.py", "engine.engine"),
    ("engine", "engine/backtester.py", "engine.adapters.planted"),
    ("engine", "engine/a_file_without_a_place.py", "engine.errors"),
    ("risk", "engine/risk/planted_too.py", "engine.risk.planted"),
    ("core", "engine/model/planted.py", "os"),
    ("core", "engine/policy.py", "time"),
    ("core", "engine/risk/planted.py", "random"),
    ("core", "engine/accounting/planted.py", "logging"),
    ("core", "engine/decision/planted.py", "asyncio"),
    ("core", "engine/telling/notifications.py", "httpx"),
    ("core", "engine/simulated_broker.py", "uuid"),
    ("core", "engine/errors.py", "socket"),
    ("storage", "storage/planted.py", "engine.backtester"),
    ("storage", "storage/planted.py", "engine.risk.planted"),
    ("storage", "storage/planted.py", "engine.decision.planted"),
    ("storage", "storage/planted.py", "engine.adapters.planted"),
    ("screens", "stonks_tui/screens/planted.py", "storage.planted"),
    ("screens", "stonks_tui/widgets/planted.py", "sqlalchemy"),
    ("screens", "stonks_tui/view_models/planted.py", "redis"),
    ("screens", "stonks_tui/view_models/planted.py", "engine.engine"),
    ("interface", "stonks_tui/commands/planted.py", "stonks_tui.cli"),
    ("interface", "stonks_tui/widgets/planted.py", "stonks_tui.screens.planted"),
    ("commands", "stonks_tui/commands/planted_too.py", "stonks_tui.commands.planted"),
]


Broken = Callable[..., set[str]]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the three packages in which every file named above exists."""
    tree = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for _, importer, imported in VIOLATIONS:
        _make(tree, Path(importer))
        if imported.partition(".")[0] in PACKAGES:
            _make(tree, Path(*imported.split(".")).with_suffix(".py"))
    (tree / "engine/a_file_without_a_place.py").unlink()
    return tree


@pytest.fixture(scope="module")
def broken(packages: Path) -> Iterator[Broken]:
    """Return a function that names those of the given contracts (of all) which `packages` breaks at the moment."""
    with _linter(packages) as linter:
        yield lambda *contracts: _ask(linter, *contracts)


def _make(tree: Path, file: Path) -> None:
    folder = (tree / file).parent
    if (tree / file).with_suffix("").is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / "__init__.py", tree / file):
        path.touch()


def _linter(tree: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", LINTER, str(ROOT / ".importlinter")],
        cwd=tree,
        env={"PATH": os.environ["PATH"], "COLUMNS": "200", "NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(linter: subprocess.Popen[str], *contracts: str) -> set[str]:
    assert linter.stdin
    assert linter.stdout
    linter.stdin.write(f"{' '.join(contracts)}\n")
    linter.stdin.flush()
    said = json.loads(linter.stdout.readline())
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", said, re.MULTILINE))
    names = _names()
    assert set(verdicts) == {names[contract] for contract in contracts or names}, said
    return {name for name, verdict in verdicts.items() if verdict == "BROKEN"}


def _names() -> dict[str, str]:
    """Return each contract's name by its id."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    sections = (name.split(":") for name in config.sections())
    return {parts[-1]: config[":".join(parts)]["name"] for parts in sections if len(parts) == 3}


def test_the_tree_keeps_every_contract() -> None:
    with _linter(ROOT) as linter:
        assert _ask(linter) == set()


def test_a_tree_in_which_every_module_of_the_picture_exists_keeps_every_contract(broken: Broken) -> None:
    assert broken() == set()


def test_every_contract_is_shown_to_fail() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(_names())


@pytest.mark.parametrize(("contract", "importer", "imported"), VIOLATIONS)
def test_a_planted_import_breaks_its_contract(
    packages: Path, broken: Broken, contract: str, importer: str, imported: str
) -> None:
    file = packages / importer
    file = file.with_suffix("") / "__init__.py" if file.with_suffix("").is_dir() else file
    before = file.read_text() if file.exists() else None
    file.write_text(f"{before or ''}\nimport {imported}\n")
    try:
        assert broken(contract) == {_names()[contract]}
    finally:
        if before is None:
            file.unlink()
        else:
            file.write_text(before)
