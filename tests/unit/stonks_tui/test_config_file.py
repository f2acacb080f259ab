"""stonks.toml and the variables STONKS_…: what they say is found by its name, and what cannot be is refused by its."""

import re
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.settings import known
from stonks_tui import config_environment, config_file
from stonks_tui.config_names import OTHER_VARIABLES, SECRETS, table_of, variable_of, variables
from stonks_tui.start_settings import START_SETTINGS

ROOT = Path(__file__).resolve().parents[3]
WHOLE = """
[account]
capital = 25000.10
commission_pct = "0.001"
[process]
log_level = "debug"
quotes = "feed/quotes.csv"
log_file = "/var/log/stonks.log"
[trading]
max_open_positions = 8
tiers.moderate.max_position_pct = 0.07
[trading.tiers.aggressive]
max_position_pct = 0.11
[notifications]
gmail_recipient = ["a@example.com", "b@example.com"]
daily_summary_time = 16:45:00
weekly_digest_time = ""
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "stonks.toml"
    path.write_text(text, encoding="utf-8")
    return path


def values(path: Path) -> dict[str, object]:
    return {name: said.value for name, said in config_file.read(path).items()}


def test_a_file_says_all_that_it_names_with_amounts_to_the_digit_and_paths_from_its_own_folder(tmp_path: Path) -> None:
    assert values(written(tmp_path, WHOLE)) == {
        "capital": "25000.10",
        "commission_pct": "0.001",
        "log_level": "debug",
        "quotes": tmp_path / "feed/quotes.csv",
        "log_file": Path("/var/log/stonks.log"),
        "max_open_positions": 8,
        "tiers.moderate.max_position_pct": "0.07",
        "tiers.aggressive.max_position_pct": "0.11",
        "gmail_recipient": ["a@example.com", "b@example.com"],
        "daily_summary_time": "16:45",
        "weekly_digest_time": "",
    }


def test_a_file_of_another_editor_with_a_mark_at_its_beginning_is_read(tmp_path: Path) -> None:
    path = tmp_path / "stonks.toml"
    path.write_bytes(b"\xef\xbb\xbf[trading]\r\nmax_open_positions = 8\r\n")
    assert values(path) == {"max_open_positions": 8}


@pytest.mark.parametrize(
    ("text", "told", "hint"),
    [
        (
            "[trading]\nmax_open_position = 5",
            "[trading]: there is no setting 'max_open_position'",
            "max_open_positions",
        ),
        ("[trade]\nenabled = true", ": there is no table [trade]", "trading"),
        ("max_open_positions = 5", ": max_open_positions stands in no table", "[trading]"),
        ("capitol = 5", ": there is no setting 'capitol'", "capital"),
        ("trading = 5", ": trading is no table", "[trading]"),
        ("[[trading]]\nenabled = true", ": trading is no table", "[trading]"),
        ("[trading]\nemail_enabled = true", "[trading]: email_enabled does not belong here", "[notifications]"),
        ("[process]\ncapital = 5", "[process]: capital does not belong here", "[account]"),
        ("[trading.tiers.modest]\nmin_confidence = 1", "no setting 'tiers.modest.min_confidence'", "tiers."),
        ("[trading]\nenabled = \n", "is not TOML: Invalid value (at line 2", "max_open_positions = 5"),
        (
            "[trading]\nenabled = true\nenabled = false\n",
            "is not TOML: Cannot overwrite a value (at line 3",
            "write lines",
        ),
        ("x = " + "[" * 5000, "nested too deeply", ""),
    ],
)
def test_what_cannot_be_is_refused_with_the_file_and_its_table_or_line(
    tmp_path: Path, text: str, told: str, hint: str
) -> None:
    with pytest.raises(BadInput) as refused:
        config_file.read(written(tmp_path, text))
    assert refused.value.message.startswith(str(tmp_path / "stonks.toml"))
    assert told in refused.value.message
    assert hint in refused.value.hint


def test_a_file_in_another_encoding_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "stonks.toml"
    path.write_bytes(b"[notifications]\n# caf\xe9\n")
    with pytest.raises(BadInput, match=r"is not UTF-8 \(line 2\)"):
        config_file.read(path)


@pytest.mark.parametrize(
    "key", ["gmail_client_secret", "PASSWORD", "refresh_token", "api_key", "key", "aws_access_key_id"]
)
@pytest.mark.parametrize("table", ["", "[notifications]\n", "[other.nested]\n"])
def test_a_secret_in_a_file_is_refused_by_name_and_never_repeated(tmp_path: Path, table: str, key: str) -> None:
    with pytest.raises(BadInput, match=f"{key} looks like a secret") as refused:
        config_file.read(written(tmp_path, f'{table}{key} = "hush-hush"'))
    assert "belongs into the environment as STONKS_" in refused.value.hint
    assert "hush" not in f"{refused.value}{refused.value.hint}"


def test_it_is_said_which_variable_a_secret_belongs_in(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        config_file.read(written(tmp_path, '[notifications]\ngmail_refresh_token = "x"'))
    assert "STONKS_GMAIL_REFRESH_TOKEN, or a file that STONKS_GMAIL_REFRESH_TOKEN_FILE names" in refused.value.hint


def test_the_file_is_the_one_that_is_chosen_then_that_of_the_environment_then_the_account_s(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    chosen, named = tmp_path / "a.toml", tmp_path / "b.toml"
    for path in (chosen, named):
        path.touch()
    environment = {"STONKS_CONFIG": str(named)}
    assert config_file.path_of(None, {}, folder) is None
    usual = written(folder, "")
    assert config_file.path_of(None, {}, folder) == usual
    assert config_file.path_of(None, environment, folder) == named
    assert config_file.path_of(chosen, environment, folder) == chosen
    assert config_file.origin_of(usual, folder) == "stonks.toml"
    assert config_file.origin_of(chosen, folder) == str(chosen)


def test_a_file_that_is_named_and_not_there_is_refused_by_who_named_it(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"--config names .*/none\.toml, and there is no such file"):
        config_file.path_of(tmp_path / "none.toml", {}, tmp_path)
    with pytest.raises(BadInput, match=r"STONKS_CONFIG names .*/none\.toml, and there is no such file"):
        config_file.path_of(None, {"STONKS_CONFIG": str(tmp_path / "none.toml")}, tmp_path)


def test_each_setting_has_one_variable_and_one_table() -> None:
    assert len(variables()) == len(table_of()) == len(known()) + len(START_SETTINGS)
    assert not variables().keys() & OTHER_VARIABLES
    assert variable_of("tiers.moderate.max_position_pct") == "STONKS_TIERS__MODERATE__MAX_POSITION_PCT"
    assert set(table_of().values()) == {"account", "process", "trading", "notifications"}


def test_variables_say_what_they_are_named_for_and_an_empty_one_says_nothing() -> None:
    found = config_environment.read(
        {
            "STONKS_MAX_OPEN_POSITIONS": "8",
            "STONKS_TIERS__MODERATE__MAX_POSITION_PCT": "0.07",
            "STONKS_LOG_LEVEL": "debug",
            "STONKS_RISK_TIER": "",
            "STONKS_DATA_DIR": "/data",
            "STONKS_GMAIL_CLIENT_SECRET": "hush",
            "PATH": "/bin",
        }
    )
    assert {name: said.value for name, said in found.items()} == {
        "max_open_positions": "8",
        "tiers.moderate.max_position_pct": "0.07",
        "log_level": "debug",
    }
    assert {said.where for said in found.values()} < {variable_of(name) for name in found} | {""}


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("STONKS_MAX_OPEN_POSITION", "did you mean STONKS_MAX_OPEN_POSITIONS?"),
        ("STONKS_GMAIL_CLIENT_SECRETS", "did you mean STONKS_GMAIL_CLIENT_SECRET?"),
        ("STONKS_DATADIR", "did you mean STONKS_DATA_DIR?"),
        ("STONKS_QQQ", "stonks config show lists them all"),
    ],
)
def test_a_variable_that_nobody_knows_is_refused_with_the_nearest_and_without_its_value(
    variable: str, hint: str
) -> None:
    with pytest.raises(BadInput, match=f"nothing is known of the variable {variable}") as refused:
        config_environment.read({variable: "hush-hush"})
    assert refused.value.hint == hint
    assert "hush" not in str(refused.value)


def test_variables_of_launcher_tests_and_tools_are_known() -> None:
    reads = re.compile(r"""(?:environ(?:\.get\(|\[)["']|getenv\(["']|\$\{?|export )(STONKS_[A-Z_]+)""")
    files = [ROOT / "stonks"]
    for folder in ("tests", "benchmarks", "tools", "screenshots", "stonks_tui", "engine", "storage"):
        files += (ROOT / folder).rglob("*.py")
    read = {variable for file in files for variable in reads.findall(file.read_text(encoding="utf-8"))}
    assert {"STONKS_VENV", "STONKS_KILLS", "STONKS_DATA_DIR"} <= read
    assert read - OTHER_VARIABLES - variables().keys() == set()


def test_of_a_secret_it_is_said_whether_it_is_set_and_from_where() -> None:
    environment = {"STONKS_GMAIL_CLIENT_ID": "me", "STONKS_GMAIL_REFRESH_TOKEN_FILE": "/run/token"}
    assert {
        name: words for name in SECRETS if (words := config_environment.secret(name, environment)) != "not set"
    } == {
        "STONKS_GMAIL_CLIENT_ID": "set (from environment)",
        "STONKS_GMAIL_REFRESH_TOKEN": "set (from file /run/token)",
    }
