"""docs/configuration.md: the table is that of the settings there are, and the example can be used."""

import re
from pathlib import Path

import pytest

from engine.settings import known
from stonks_tui import config_file, configuration
from stonks_tui.config_names import ENDPOINTS, PLACES, SECRET_FILES, SECRETS
from stonks_tui.start_settings import START_SETTINGS
from tools import settings_table


@pytest.fixture(scope="module")
def page() -> str:
    """The page as it is."""
    return settings_table.PAGE.read_text(encoding="utf-8")


def test_the_table_has_every_setting_as_it_is_now(page: str) -> None:
    assert settings_table.renewed(page) == page, "python -m tools.settings_table writes it anew"
    named = re.findall(r"^\| `([\w.]+)` \|", page.partition("## All settings")[2], re.MULTILINE)
    assert sorted(named) == sorted([*known(), *START_SETTINGS])


def test_a_page_without_a_place_for_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="the page lacks"):
        settings_table.renewed("# Configuration\n")


def test_the_example_can_be_used(page: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"<!-- example -->\n```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / config_file.NAME).write_text(example, encoding="utf-8")
    said = configuration.read(tmp_path, environment={})
    settings = said.settings()
    assert (said.capital, said.path_of("quotes")) == (250_000_000, tmp_path / "feed/quotes.csv")
    assert settings.policy.daily_loss_pct == 0.015
    assert settings.notifications.recipients == ("me@example.com", "you@example.com")


def test_every_secret_and_place_is_named(page: str) -> None:
    for variable in (*SECRETS, *SECRET_FILES, *ENDPOINTS, *PLACES):
        assert f"`{variable}`" in page
