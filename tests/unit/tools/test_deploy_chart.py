"""deploy/chart: which values are tried, and that what is wrong with a manifest is noticed. helm is not needed here."""

import argparse
import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from stonks_tui.commands import broker, run
from stonks_tui.config_names import OTHER_VARIABLES, variables
from tools import deploy_chart, deploy_values

CHART = Path(__file__).resolve().parents[3] / "deploy/chart"
Break = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    """The values that hold when nobody says otherwise."""
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    return found


def test_every_value_of_the_chart_is_tried_with_another(values: dict[str, Any]) -> None:
    tried = {leaf for said in deploy_values.RENDERED.values() for leaf in deploy_chart.leaves(said)}
    untried = {
        leaf for leaf in deploy_chart.leaves(values) if not any(t == leaf or t.startswith(f"{leaf}.") for t in tried)
    }
    assert untried == set()


def test_the_values_that_are_tried_are_other_than_the_defaults(values: dict[str, Any]) -> None:
    for name, said in deploy_values.RENDERED.items():
        if name != "defaults":
            assert any(_at(values, leaf) != _at(said, leaf) for leaf in deploy_chart.leaves(said)), name


def test_engine_and_broker_have_secrets_and_variables_of_their_own(values: dict[str, Any]) -> None:
    engine, service = values["services"]["tradingEngine"], values["services"]["broker"]
    assert (engine["secrets"], service["secrets"]) == (["stonks-core-secrets"], ["stonks-broker-secrets"])
    assert not any(name.startswith("STONKS_BROKER_") for name in (*engine["env"], *engine["secretFiles"]))
    assert all(name.startswith("STONKS_BROKER_") for name in (*service["env"], *service["secretFiles"]))


def test_every_variable_of_the_chart_is_known(values: dict[str, Any]) -> None:
    services = values["services"].values()
    said = {name for service in services for name in (*service["env"], *service["secretFiles"])}
    assert said <= {*OTHER_VARIABLES, *variables()}


def test_those_who_may_ask_are_the_plans(values: dict[str, Any]) -> None:
    peers = [peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"] for peer in values["networkPolicy"]["from"]]
    assert peers == ["query-api", "dashboard", "traefik"]


_CONTAINER = {
    "name": "engine",
    "securityContext": {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    },
    "resources": {"requests": {}, "limits": {}},
}
_POD = {
    "kind": "Pod",
    "metadata": {"name": "x-trading-engine"},
    "spec": {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [_CONTAINER],
    },
}
_BROKEN: dict[str, tuple[Break, str]] = {
    "root": (lambda pod: pod["securityContext"].pop("runAsNonRoot"), "it may be root"),
    "a key": (lambda pod: pod.pop("automountServiceAccountToken"), "it has a key to the cluster"),
    "writable": (lambda pod: _own(pod).pop("readOnlyRootFilesystem"), "its files may be written"),
    "capable": (lambda pod: _own(pod).pop("capabilities"), "it keeps rights of root"),
    "greedy": (lambda pod: pod["containers"][0]["resources"].pop("limits"), "it has no limits"),
    "told": (
        lambda pod: pod["containers"][0].update(env=[{"name": "STONKS_REDIS_PASSWORD", "value": "x"}]),
        "a secret stands in its environment",
    ),
    "the broker's": (lambda pod: pod.update(volumes=["stonks-broker-secrets"]), "it has the broker's secrets"),
}


def test_a_pod_as_it_should_be_has_no_faults() -> None:
    assert list(deploy_chart.faults([_POD])) == []


@pytest.mark.parametrize("name", _BROKEN)
def test_what_is_wrong_with_a_pod_is_named(name: str) -> None:
    damage, words = _BROKEN[name]
    pod = copy.deepcopy(_POD)
    damage(pod["spec"])  # type: ignore[arg-type]
    (fault,) = deploy_chart.faults([pod])
    assert words in fault


def test_a_secret_that_is_rendered_is_named() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "x"}}
    assert list(deploy_chart.faults([secret])) == ["x: a secret is rendered"]


def _own(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["containers"][0]["securityContext"]
    return found


def _at(values: Any, leaf: str) -> Any:
    for name in leaf.split("."):
        values = values[name] if isinstance(values, dict) and name in values else None
    return values


def test_what_the_chart_and_the_image_begin_are_commands_of_ours(values: dict[str, Any]) -> None:
    dockerfile = (CHART.parent / "Dockerfile").read_text(encoding="utf-8")
    (image,) = [json.loads(line[4:]) for line in dockerfile.splitlines() if line.startswith("CMD ")]
    engine, service = values["services"]["tradingEngine"], values["services"]["broker"]
    for command in (["stonks", *image], [*engine["command"], *engine["args"], "--http-root-path", "/trading"]):
        assert command[:2] == ["stonks", "run"]
        said = _parsed(run, command[2:])
        assert (said.no_ui, said.http, said.log_format) == (True, "0.0.0.0:8000", "json")
    assert service["command"][:2] == ["stonks", "broker"]
    assert _parsed(broker, [*service["command"][2:], "--config", "a", "--inputs", "a"]).word == "serve"


def _parsed(command: ModuleType, words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    command.configure(parser)
    return parser.parse_args(words)
