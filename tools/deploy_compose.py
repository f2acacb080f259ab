"""Deploy compose: what must be true of the compose file, and of the users that Redis is given?"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from storage.redis_keys import BROKER_ACL, ENGINE_ACL

ENGINE, BROKER = "engine", "broker"
_SECRET = re.compile(r"(PASSWORD|TOKENS?|SECRET|KEY)$")
_LIMITS = frozenset({"cpus", "memory", "pids"})


def faults(compose: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the file, a sentence each."""
    services = compose["services"]
    ends = _ends(services)
    for name, service in services.items():
        yield from (f"{name}: {fault}" for fault in _service_faults(service, ends=name in ends))
        yield from (f"{name}: {fault}" for fault in _secret_faults(service))
    yield from _apart(services[ENGINE], services[BROKER])
    for name, network in compose["networks"].items():
        if name != "front" and not network.get("internal"):
            yield f"the network {name} leads outside"
    for name, secret in compose["secrets"].items():
        if set(secret) != {"file"}:
            yield f"the secret {name} is no file"


def acl_faults(written: str) -> Iterator[str]:
    """Yield where the users of users.acl, `written`, differ from what storage/redis_keys.py says they need."""
    rules = {line.split()[1]: line.split()[2:] for line in written.splitlines() if line}
    wanted = {
        "default": ["off"],
        "health": ["on", "nopass", "resetkeys", "resetchannels", "-@all", "+ping"],
        ENGINE: ["on", "#ENGINE_PASSWORD_SHA256", "resetchannels", "-@all", *ENGINE_ACL.split()],
        BROKER: ["on", "#BROKER_PASSWORD_SHA256", "resetchannels", "-@all", *BROKER_ACL.split()],
    }
    for user in sorted({*rules, *wanted}):
        if rules.get(user) != wanted.get(user):
            yield f"the user {user} is {rules.get(user)}, not {wanted.get(user)}"


def _ends(services: Mapping[str, Any]) -> frozenset[str]:
    """Return who does something once and ends: others wait for that, so there is no health to ask for."""
    waited = [on for service in services.values() for on in service.get("depends_on", {}).items()]
    return frozenset(name for name, how in waited if how["condition"] == "service_completed_successfully")


def _service_faults(service: Mapping[str, Any], *, ends: bool) -> Iterator[str]:
    if not service.get("read_only"):
        yield "its files may be written"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add") or service.get("privileged"):
        yield "it keeps rights of root"
    if "no-new-privileges:true" not in service.get("security_opt", ()):
        yield "its rights may grow"
    if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", str(service.get("user", ""))):
        yield "it is root, or who it is depends on the image"
    if not ends and not service.get("healthcheck", {}).get("test"):
        yield "nobody asks whether it is well"
    if set(service.get("deploy", {}).get("resources", {}).get("limits", {})) != _LIMITS:
        yield "it may take all of the machine"
    if any(not str(port).startswith("127.0.0.1:") for port in service.get("ports", ())):
        yield "it listens to other machines"
    if not service.get("networks") or service.get("network_mode"):
        yield "it is in a network that is not named"


def _secret_faults(service: Mapping[str, Any]) -> Iterator[str]:
    environment = service.get("environment", {})
    for variable, value in environment.items():
        if _SECRET.search(variable) or re.search(r"://[^/@]*:[^/@]*@", str(value)):
            yield f"a secret stands in {variable}"
        if variable.endswith("_FILE") and str(value).removeprefix("/run/secrets/") not in service.get("secrets", ()):
            yield f"{variable} names no secret that it has"


def _apart(engine: Mapping[str, Any], broker: Mapping[str, Any]) -> Iterator[str]:
    """Yield what engine and broker service have in common and must not."""
    for what in ("secrets", "networks"):
        if both := sorted({*engine[what]} & {*broker[what]}):
            yield f"engine and broker share {what}: {', '.join(both)}"
    for variable in engine["environment"]:
        if variable.startswith("STONKS_BROKER_"):
            yield f"engine: {variable} is the broker's"
    for variable in broker["environment"]:
        if not variable.startswith("STONKS_BROKER_"):
            yield f"broker: {variable} is not its own"
    own = (
        {str(volume).split(":")[0] for volume in side["volumes"] if ":ro" not in volume} for side in (engine, broker)
    )
    for volume in set.intersection(*own):
        yield f"engine and broker both write to {volume}"
