"""Deploy chart: what must be true of what the chart renders, beyond what a schema can say?"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.deploy_values import BROKERS

EXCEPTED = frozenset({"ServiceMonitor"})
"""Kinds that are no part of Kubernetes: no schema is there to hold them against."""
KUBERNETES = ("1.27", "1.31", "1.37")
"""The oldest that the chart is for, one between, and the newest whose schemas are bundled."""
PLAN = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"cpu": "500m", "memory": "512Mi"}}


def faults(manifests: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with what was rendered, beyond what a schema can say."""
    for manifest in manifests:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        if kind == "Secret":
            yield f"{name}: a secret is rendered"
        if (pod := _pod(manifest)) is not None:
            yield from (f"{kind} {name}: {fault}" for fault in _pod_faults(pod))
            if BROKERS in str(pod) and not name.endswith(("-broker", "-broker-migration")):
                yield f"{kind} {name}: it has the broker's secrets"


def plan_faults(manifests: list[Mapping[str, Any]]) -> Iterator[str]:
    """Yield where the defaults are not the plan's (task 22.1)."""
    (deployment,) = [m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"].endswith("engine")]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    found = {
        "replicas": deployment["spec"]["replicas"],
        "tier": deployment["spec"]["template"]["metadata"]["labels"]["tier"],
        "port": container["ports"][0]["containerPort"],
        "resources": container["resources"],
        "readiness": container["readinessProbe"]["httpGet"],
        "liveness": container["livenessProbe"]["httpGet"],
    }
    probes = {
        name: {"path": f"/{path}", "port": 8000} for name, path in (("readiness", "ready"), ("liveness", "health"))
    }
    wanted = {"replicas": 1, "tier": "trading", "port": 8000, "resources": PLAN, **probes}
    return (f"{name} is {found[name]}, not {wanted[name]}" for name in wanted if found[name] != wanted[name])


def leaves(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the dotted names of all values that are no tables."""
    for name, value in values.items():
        dotted = f"{above}.{name}" if above else name
        if isinstance(value, Mapping) and value:
            yield from leaves(value, dotted)
        else:
            yield dotted


def _pod(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    spec = manifest.get("spec", {})
    found = spec if manifest["kind"] == "Pod" else spec.get("template", {}).get("spec")
    return found if isinstance(found, Mapping) else None


def _pod_faults(pod: Mapping[str, Any]) -> Iterator[str]:
    context = pod.get("securityContext", {})
    if not context.get("runAsNonRoot") or context.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "it may be root, or call anything of the kernel"
    if pod.get("automountServiceAccountToken") is not False:
        yield "it has a key to the cluster"
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        if not own.get("readOnlyRootFilesystem") or own.get("allowPrivilegeEscalation") is not False:
            yield "its files may be written, or its rights grow"
        if own.get("capabilities") != {"drop": ["ALL"]}:
            yield "it keeps rights of root"
        if set(container.get("resources", {})) != {"requests", "limits"}:
            yield "it has no limits"
        if any(re.search("(PASSWORD|TOKENS?|SECRET)$", said["name"]) for said in container.get("env", ())):
            yield "a secret stands in its environment"
