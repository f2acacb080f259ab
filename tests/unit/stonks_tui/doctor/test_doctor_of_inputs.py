"""The doctor on the tables in PostgreSQL from which an account is to hear."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from stonks_tui.doctor import inputs, market
from stonks_tui.doctor.findings import Finding, Level
from tests.support.input_tables import OURS, writer
from tests.support.installation import ENVIRONMENT, YESTERDAY, found
from tests.support.postgres import fresh_url

SECTIONS = (inputs.SECTION, market.SECTION)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with fresh_url(empty=True) as url:
        told(url, OURS)
        yield url


def told(url: str, statement: str) -> None:
    async def executed() -> None:
        async with writer(url) as owner:
            await owner.execute(statement)

    asyncio.run(executed())


def looked_at(folder: Path, url: str, text: str = "[inputs]\n") -> dict[str, Finding]:
    (folder / "stonks.toml").write_text(text)
    return found(folder, SECTIONS, environment={**ENVIRONMENT, "STONKS_INPUT_DATABASE_URL": url})


def test_tables_that_are_all_there_are_named_and_market_db_is_left_alone(folder: Path, url: str) -> None:
    told(url, f"INSERT INTO price_bars VALUES ('AAA', '1d', '{YESTERDAY}', 1, 1, 1, 1, 1)")
    findings = looked_at(folder, url)
    assert {name for name, finding in findings.items() if finding.level is not Level.OK} == set()
    assert "recommendations from recommendations" in findings["input-tables"].words
    assert findings["input-bars-age"].words == f"the newest daily bar is of {YESTERDAY}, the last session"
    assert findings["bars-age"].words == "market.db is not read: see input-tables"
    told(url, "DELETE FROM price_bars")
    assert looked_at(folder, url)["input-bars-age"].level is Level.WARNING


def test_what_is_missing_is_a_fault_that_names_it(folder: Path, url: str) -> None:
    findings = looked_at(folder, url, '[inputs.quotes]\nprice = "cost"\n')
    assert findings["input-tables"].level is Level.FAULT
    assert "quotes has no column cost, from which price is to be read: near to it is" in findings["input-tables"].words


def test_a_database_that_does_not_answer_is_a_fault(folder: Path) -> None:
    findings = looked_at(folder, "postgresql://nobody@127.0.0.1:1/none")
    assert findings["input-tables"].level is Level.FAULT
    assert "the database none on 127.0.0.1:1 does not answer" in findings["input-tables"].words


def test_what_cannot_be_said_so_is_a_fault_with_its_place(folder: Path, url: str) -> None:
    findings = looked_at(folder, url, "[inputs.quots]\n")
    assert findings["inputs"].level is Level.FAULT
    assert "nothing comes in that is called 'quots'" in findings["inputs"].words
    assert findings["inputs"].cure == "did you mean quotes?"
