"""deploy/compose.yaml and users.acl: as strict as they look, and each rule notices when it is broken."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from stonks_tui.config_names import OTHER_VARIABLES, variables
from tools import deploy_compose

DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
Break = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """The file as it is."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_the_compose_file_keeps_to_its_rules(written: dict[str, Any]) -> None:
    assert list(deploy_compose.faults(written)) == []


_BROKEN: dict[str, tuple[Break, str]] = {
    "writable": (lambda s: s["redis"].pop("read_only"), "redis: its files may be written"),
    "capable": (lambda s: s["engine"].update(cap_add=["NET_ADMIN"]), "engine: it keeps rights of root"),
    "growing": (lambda s: s["engine"].pop("security_opt"), "engine: its rights may grow"),
    "root": (lambda s: s["postgres"].update(user="0:0"), "postgres: it is root, or who it is depends on the image"),
    "unwatched": (lambda s: s["broker"].pop("healthcheck"), "broker: nobody asks whether it is well"),
    "greedy": (lambda s: s["engine"].pop("deploy"), "engine: it may take all of the machine"),
    "open": (lambda s: s["engine"].update(ports=["8000:8000"]), "engine: it listens to other machines"),
    "nowhere": (lambda s: s["postgres"].pop("networks"), "postgres: it is in a network that is not named"),
    "told": (
        lambda s: s["engine"]["environment"].update(STONKS_REDIS_PASSWORD="x"),
        "engine: a secret stands in STONKS_REDIS_PASSWORD",
    ),
    "in an address": (
        lambda s: s["engine"]["environment"].update(STONKS_REDIS_URL="redis://engine:x@redis/0"),
        "engine: a secret stands in STONKS_REDIS_URL",
    ),
    "missing": (lambda s: s["engine"]["secrets"].remove("http_tokens"), "names no secret that it has"),
    "shared secret": (
        lambda s: s["engine"]["secrets"].append("broker_redis_password"),
        "engine and broker share secrets: broker_redis_password",
    ),
    "shared network": (
        lambda s: s["broker"]["networks"].append("engine-queue"),
        "engine and broker share networks: engine-queue",
    ),
    "shared volume": (lambda s: s["broker"]["volumes"].append("engine-data:/x"), "both write to engine-data"),
    "the broker's variable": (
        lambda s: s["engine"]["environment"].update(STONKS_BROKER_SEED="1"),
        "engine: STONKS_BROKER_SEED is the broker's",
    ),
    "the engine's variable": (
        lambda s: s["broker"]["environment"].update(STONKS_LOG_LEVEL="debug"),
        "broker: STONKS_LOG_LEVEL is not its own",
    ),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_a_rule_that_is_broken_is_named(name: str, written: dict[str, Any]) -> None:
    damage, words = _BROKEN[name]
    compose = copy.deepcopy(written)
    damage(compose["services"])
    assert any(words in fault for fault in deploy_compose.faults(compose))


def test_a_network_that_leads_outside_and_a_secret_that_is_written_down_are_named(written: dict[str, Any]) -> None:
    compose = copy.deepcopy(written)
    compose["networks"]["engine-queue"] = {}
    compose["secrets"]["http_tokens"] = {"environment": "TOKENS"}
    assert list(deploy_compose.faults(compose)) == [
        "the network engine-queue leads outside",
        "the secret http_tokens is no file",
    ]


def test_every_variable_of_the_compose_file_is_known(written: dict[str, Any]) -> None:
    said = {name for service in written["services"].values() for name in service.get("environment", {})}
    ours = {name for name in said if name.startswith("STONKS_")}
    assert ours
    assert ours <= {*OTHER_VARIABLES, *variables()}


def test_the_users_of_redis_may_what_engine_and_broker_need_and_no_more() -> None:
    acl = (DEPLOY / "redis/users.acl").read_text(encoding="utf-8")
    assert list(deploy_compose.acl_faults(acl)) == []
    (fault,) = deploy_compose.acl_faults(acl.replace(" +mget", ""))
    assert fault.startswith("the user engine is")
    (fault,) = deploy_compose.acl_faults(acl + "user guest on nopass ~* +@all\n")
    assert fault.startswith("the user guest is")


def test_an_operator_gets_the_rights_that_the_page_says() -> None:
    page = (DEPLOY.parent / "docs/database.md").read_text(encoding="utf-8")
    (rights,) = re.findall(r"```sql\n(GRANT USAGE.*?)```", page, re.DOTALL)
    assert rights in (DEPLOY / "postgres/operator.sql").read_text(encoding="utf-8")
