"""Broker place: where is the queue between engine and broker, and where are the broker's books?

Two processes, and each has variables of its own: neither reads what the other is told. A password comes from a variable
or from a file that one names, or stands in an address that comes from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from engine.errors import BadInput
from stonks_tui import account_place

if TYPE_CHECKING:
    from storage.postgres_address import PostgresAddress
    from storage.redis_address import RedisAddress

ENGINE_REDIS, ENGINE_REDIS_PASSWORD = "STONKS_REDIS_URL", "STONKS_REDIS_PASSWORD"
BROKER_REDIS, BROKER_REDIS_PASSWORD = "STONKS_BROKER_REDIS_URL", "STONKS_BROKER_REDIS_PASSWORD"
BROKER_BOOKS, BROKER_BOOKS_PASSWORD = "STONKS_BROKER_DATABASE_URL", "STONKS_BROKER_DATABASE_PASSWORD"


def engine_redis(environment: Mapping[str, str]) -> RedisAddress | None:
    """Return where the engine finds Redis, None when nobody says. Raises BadInput, without the password."""
    return _redis(environment, environment.get(ENGINE_REDIS, ""), ENGINE_REDIS, ENGINE_REDIS_PASSWORD)


def required_engine_redis(environment: Mapping[str, str]) -> RedisAddress:
    """Return the same for an engine whose broker is behind the queue. Raises BadInput when nobody says."""
    found = engine_redis(environment)
    if found is None:
        raise BadInput(
            f"the broker is behind a queue, and ${ENGINE_REDIS} does not say where",
            hint=f"{ENGINE_REDIS}=redis://HOST:6379/0, its password in ${ENGINE_REDIS_PASSWORD} or a file that "
            f"${ENGINE_REDIS_PASSWORD}_FILE names",
        )
    return found


def broker_redis(environment: Mapping[str, str], said: str = "") -> RedisAddress:
    """Return where the broker service finds Redis: `said` elsewhere, or by its own variable.

    Raises BadInput when neither says so, and for an address that is none.
    """
    found = _redis(environment, said or environment.get(BROKER_REDIS, ""), BROKER_REDIS, BROKER_REDIS_PASSWORD)
    if found is None:
        raise BadInput(
            f"the broker service is not told where the queue is: ${BROKER_REDIS}, or redis in [broker]",
            hint=f"{BROKER_REDIS}=redis://HOST:6379/0, its password in ${BROKER_REDIS_PASSWORD} or a file that "
            f"${BROKER_REDIS_PASSWORD}_FILE names",
        )
    return found


def broker_books(environment: Mapping[str, str], said: str = "") -> PostgresAddress | None:
    """Return the database with the broker's books, None when they are in a file. Raises BadInput."""
    url = said or environment.get(BROKER_BOOKS, "")
    if not url:
        return None
    from storage import postgres_address

    try:
        return postgres_address.parse(url, account_place.secret_of(environment, BROKER_BOOKS_PASSWORD))
    except BadInput as error:
        raise BadInput(f"{BROKER_BOOKS}: {error.message}", hint=error.hint) from None


def require_no_password(url: str, where: str, variable: str) -> str:
    """Return `url`, which everybody may read who reads `where`. Raises BadInput when a password is in it."""
    if urlsplit(url).password is not None:
        raise BadInput(
            f"{where}: a password stands in the address, where others may read it",
            hint=f"it belongs into ${variable}, or into a file that ${variable}_FILE names",
        )
    return url


def _redis(environment: Mapping[str, str], url: str, variable: str, password: str) -> RedisAddress | None:
    if not url:
        return None
    from storage import redis_address

    try:
        return redis_address.parse(url, account_place.secret_of(environment, password))
    except BadInput as error:
        raise BadInput(f"{variable}: {error.message}", hint=error.hint) from None
