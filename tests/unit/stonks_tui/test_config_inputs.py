"""What stonks.toml says of tables of somebody else's, and what in it cannot be."""

import re
from pathlib import Path

import pytest

from engine.errors import BadInput
from stonks_tui import config_file, config_inputs
from storage import postgres_address
from storage.postgres_sources_names import KINDS, quoted

DATABASE = 'database = "postgresql://reader@db/market"\n'
OWN = postgres_address.parse("postgresql://stonks@own/stonks")


def written(folder: Path, text: str) -> Path:
    path = folder / "stonks.toml"
    path.write_text(text)
    return path


def test_tables_columns_and_constants_are_named_and_the_rest_of_the_file_is_read_as_ever(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        f"""
        [account]
        capital = 5000
        [inputs]
        {DATABASE}
        [inputs.recommendations]
        table = "signals.recommendation"
        ticker = "symbol"
        mode = {{ constant = "paper_eligible" }}
        confidence = {{ constant = 0.8 }}
        [inputs.quotes]
        table = ""
        """,
    )
    found = config_inputs.read(path, {})
    assert found is not None
    assert str(found.address) == "the database market on db"
    table = found.tables["recommendations"]
    assert (table.place, table.theirs("ticker"), table.theirs("action")) == (
        ("signals", "recommendation"),
        "symbol",
        "action",
    )
    assert table.constants == {"mode": "paper_eligible", "confidence": "0.8"}
    assert found.tables["quotes"].table == ""
    assert set(config_file.read(path)) == {"capital"}


def test_the_environment_names_the_database_before_the_file_and_with_neither_it_is_the_account_s(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, f"[inputs]\n{DATABASE}")
    secret = tmp_path / "password"
    secret.write_text("hush\n")
    environment = {
        "STONKS_INPUT_DATABASE_URL": "postgresql://me@other/feeds",
        "STONKS_INPUT_DATABASE_PASSWORD_FILE": str(secret),
    }
    for named in (path, None):
        found = config_inputs.read(named, environment)
        assert found is not None
        assert (str(found.address), found.address.password) == ("the database feeds on other", "hush")
    own = config_inputs.read(written(tmp_path, "[inputs.quotes]\n"), {}, own=OWN)
    assert own is not None
    assert own.address is OWN
    assert config_inputs.read(written(tmp_path, "[account]\ncapital = 5\n"), {}, own=OWN) is None
    assert config_inputs.read(None, {}) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[inputs]\n", r"\[inputs\]: it is not said in which database the tables are"),
        ("[inputs]\ndatabase = 5\n", r"\[inputs\]: database is no text"),
        ('[inputs]\ndatabase = "mysql://x@y/z"\n', r"\[inputs\]: the database has no address of PostgreSQL"),
        ('[inputs]\ndatabase = "postgresql://x:hush@y/z"\n', "database has a password in it, and none is read"),
        (f"[inputs]\n{DATABASE}[inputs.recomendations]\n", "nothing comes in that is called 'recomendations'"),
        (f"[inputs]\n{DATABASE}quotes = 5\n", "quotes is no table"),
        (f"[inputs]\n{DATABASE}[inputs.quotes]\ntikcer = 'x'\n", r"\[inputs.quotes\]: there is no 'tikcer' in quotes"),
        (f"[inputs]\n{DATABASE}[inputs.quotes]\nticker = 5\n", "ticker is 5"),
        (f"[inputs]\n{DATABASE}[inputs.quotes]\ntable = 'a.b.c'\n", "'a.b.c' is no name of a table"),
        (f"[inputs]\n{DATABASE}[inputs.quotes]\ntable = 'a.'\n", "'a.' is no name of a table"),
        (f"[inputs]\n{DATABASE}[inputs.quotes]\nprice = {{ constant = 5 }}\n", "price cannot be the same of all rows"),
        (f"[inputs]\n{DATABASE}[inputs.signals]\nwindow = {{ is = '1d' }}\n", "window is {'is': '1d'}"),
        (f'[inputs]\n{DATABASE}[inputs.signals]\nwindow = {{ constant = "a\\u0000" }}\n', "window is"),
        ("inputs = 5\n", "inputs is no table"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place_and_no_secret_is_repeated(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        config_inputs.read(written(tmp_path, text), {})
    assert "hush" not in f"{refused.value.message} {refused.value.hint}"


def test_a_name_reaches_the_server_as_one_identifier_whatever_is_in_it() -> None:
    assert quoted("public", 'x"; DROP TABLE y; --') == '"public"."x""; DROP TABLE y; --"'


def test_the_example_of_the_handbook_is_understood(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "inputs-postgresql.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"<!-- example -->\n```toml\n(.*?)```", page, re.DOTALL)
    found = config_inputs.read(written(tmp_path, example), {})
    assert found is not None
    assert set(found.tables) == {"recommendations", "daily_bars", "quotes"}
    for kind, about in KINDS.items():
        assert f"`{kind}`" in page
        for column in about.columns:
            assert f"`{column}`" in page, f"{kind}: {column}"
