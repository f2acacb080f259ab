"""Configuration names: what may be said before an account trades, under which name, and where is it said?

What may change while it trades is in `engine/settings.py`. Secrets have variables alone.
"""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import cache

from engine.errors import BadInput
from engine.notification_settings import NotificationSettings
from engine.settings import known
from stonks_tui.start_settings import START_SETTINGS

PREFIX = "STONKS_"
NEW_ACCOUNT = "A new account"
"""The heading of what an account begins with."""
PAUSED = "paused"
"""Shown and set like a setting; it is the engine's state (`stonks pause`, `stonks resume`)."""
TABLES = ("account", "process", "trading", "notifications")

SECRETS: Mapping[str, str] = {
    "STONKS_GMAIL_CLIENT_ID": "who sends e-mail: the client of Google's OAuth",
    "STONKS_GMAIL_CLIENT_SECRET": "its secret",
    "STONKS_GMAIL_REFRESH_TOKEN": "the permission of whoever owns the mailbox",
    "STONKS_DATABASE_PASSWORD": "the password of the database, in place of one in its address",
    "STONKS_INPUT_DATABASE_PASSWORD": "the password of the database from whose tables things come in",
    "STONKS_REDIS_PASSWORD": "the password of Redis, in place of one in its address",
    "STONKS_ENGINE_TOKEN": "the token for the engine at $STONKS_ENGINE_URL (docs/scripting.md)",
    "STONKS_HTTP_TOKENS": "who may ask and steer over HTTP",
}
"""What is read from the environment alone, and never shown."""
SECRET_FILES = frozenset(
    {
        "STONKS_GMAIL_CLIENT_SECRET_FILE",
        "STONKS_GMAIL_REFRESH_TOKEN_FILE",
        "STONKS_DATABASE_PASSWORD_FILE",
        "STONKS_INPUT_DATABASE_PASSWORD_FILE",
        "STONKS_REDIS_PASSWORD_FILE",
        "STONKS_ENGINE_TOKEN_FILE",
        "STONKS_HTTP_TOKENS_FILE",
    }
)
"""Files with a secret in them, named in the environment."""
ENDPOINTS: Mapping[str, str] = {
    "STONKS_GMAIL_API_URL": "where e-mail is handed in, if not at Google",
    "STONKS_GMAIL_TOKEN_URL": "where permission is asked for, if not at Google",
    "STONKS_SNS_URL": "where text messages are handed in, if not at Amazon",
    "STONKS_SNS_REGION": "the region of Amazon that sends them",
}
PLACES = frozenset(
    {
        *("STONKS_DATA_DIR", "STONKS_CONFIG"),
        *("STONKS_DATABASE_URL", "STONKS_INPUT_DATABASE_URL", "STONKS_REDIS_URL", "STONKS_ENGINE_URL"),
    }
)
BROKERS_OWN = "STONKS_BROKER_"
"""So begin the variables of the broker service (`broker_settings`): an engine reads none of them."""
BROKERS = frozenset(
    {
        *("STONKS_BROKER_CONFIG", "STONKS_BROKER_REDIS_URL"),
        *("STONKS_BROKER_DATABASE_URL", "STONKS_BROKER_INPUT_DATABASE_URL"),
        *("STONKS_BROKER_REDIS_PASSWORD", "STONKS_BROKER_REDIS_PASSWORD_FILE"),
        *("STONKS_BROKER_DATABASE_PASSWORD", "STONKS_BROKER_DATABASE_PASSWORD_FILE"),
        *("STONKS_BROKER_INPUT_DATABASE_PASSWORD", "STONKS_BROKER_INPUT_DATABASE_PASSWORD_FILE"),
    }
)
"""Those of them that are no settings: where its file and its servers are, and their passwords."""
SCREENS = frozenset({"STONKS_PLAIN_OUTPUT"})
"""How the screens are written (docs/terminal.md)."""
TOOLS = frozenset(
    {
        *("STONKS_PYTHON", "STONKS_VENV", "STONKS_MACHINE_RUNS", "STONKS_TAX_HISTORIES", "STONKS_ENGINE_KILLS"),
        *("STONKS_POSTGRES_KILLS", "STONKS_TAKEOVERS", "STONKS_CROSSING_KILLS", "STONKS_CROSSING_SEED"),
        *("STONKS_MANY_DECISIONS", "STONKS_MANY_TRADES", "STONKS_PG_BIN", "STONKS_TEST_POSTGRES_URL"),
        *("STONKS_REDIS_BIN", "STONKS_TEST_REDIS_URL", "STONKS_HTTP_CHECK", "STONKS_HTTP_CHECK_URL"),
        "STONKS_HTTP_CHECK_SETTINGS",
        *("STONKS_KILLS", "STONKS_NOTIFICATION_KILLS", "STONKS_PARITY", "STONKS_PIN", "STONKS_DATA", "STONKS_BENCH"),
    }
)
"""Of the launcher and of the project's own tests: none of them reaches an account."""
OTHER_VARIABLES = frozenset({*SECRETS, *SECRET_FILES, *ENDPOINTS, *PLACES, *BROKERS, *SCREENS, *TOOLS})


@cache
def table_of() -> Mapping[str, str]:
    """Return the table of stonks.toml in which each name stands."""
    told = {f.name for f in fields(NotificationSettings)}
    return {
        **{name: start.table for name, start in START_SETTINGS.items()},
        **{name: "notifications" if name in told else "trading" for name in known()},
    }


def variable_of(name: str) -> str:
    """Return the environment variable of a setting: tiers.moderate.max_position_pct has dots as two underscores."""
    return PREFIX + name.upper().replace(".", "__")


@cache
def variables() -> Mapping[str, str]:
    """Return the name of the setting that each environment variable is for."""
    return {variable_of(name): name for name in table_of()}


def near_to(stranger: str, names: Mapping[str, object] | frozenset[str] | tuple[str, ...]) -> str:
    """Return what to say of a name that nobody knows: the nearest of `names`, or where they are."""
    near = get_close_matches(stranger, list(names), 1)
    return f"did you mean {near[0]}?" if near else "stonks config show lists them all"


def require_said(said: str, origin: str) -> None:
    """Raise BadInput when there is no setting `said`, naming `origin`."""
    if said not in table_of():
        raise BadInput(f"{origin}: there is no setting {said!r}", hint=near_to(said, table_of()))
