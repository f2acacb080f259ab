"""Deploy values: which values does the chart render, and which does it refuse?

`RENDERED` have to come out as manifests that Kubernetes takes; between them they change every value that there is (a
test holds this). `REFUSED` must not, and the sentence that says why has the words beside them.
"""

from collections.abc import Mapping
from typing import Any

BROKERS = "stonks-broker-secrets"
_TOLERATED = [{"key": "trading", "operator": "Exists", "effect": "NoSchedule"}]
_PEER = [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "other"}}}]
_PLACED = {"podAnnotations": {"example.org/a": "b"}, "nodeSelector": {"disk": "fast"}, "tolerations": _TOLERATED}


def engine(**values: Any) -> dict[str, Any]:
    """Return values of the engine alone."""
    return {"services": {"tradingEngine": values}}


def broker(**values: Any) -> dict[str, Any]:
    """Return values of the broker service alone."""
    return {"services": {"broker": values}}


def _probe(path: str) -> dict[str, Any]:
    return {"path": path, "port": 9000, "periodSeconds": 7, "timeoutSeconds": 3, "failureThreshold": 9}


def _resources(memory: str) -> dict[str, Any]:
    return {"requests": {"cpu": "200m", "memory": memory}, "limits": {"cpu": "2", "memory": memory}}


RENDERED: Mapping[str, Mapping[str, Any]] = {
    "defaults": {},
    "standby": engine(standby=True, args=["--broker", "queue", "--lease-seconds", "30"]),
    "held still": {**engine(replicas=0), "podDisruptionBudget": {"enabled": True, "maxUnavailable": 0}},
    "account in files": engine(
        env={"STONKS_DATABASE_URL": ""},
        secretFiles={"STONKS_DATABASE_PASSWORD_FILE": ""},
        persistence={"enabled": True, "size": "20Gi", "storageClass": "fast", "existingClaim": ""},
    ),
    "account in files that are there": engine(
        env={"STONKS_DATABASE_URL": ""}, persistence={"enabled": True, "existingClaim": "account"}
    ),
    "ingress": {
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "host": "trading.example.org",
            "path": "/trading",
            "tlsSecret": "trading-tls",
            "annotations": {"example.org/strip": "yes"},
        },
        **engine(httpRootPath="/trading"),
    },
    "service monitor": {
        "serviceMonitor": {
            "enabled": True,
            "interval": "1m",
            "labels": {"release": "prometheus"},
            "from": _PEER,
            "tokenSecret": {"name": "metrics", "key": "token"},
        }
    },
    "configuration": {
        "services": {
            "tradingEngine": {"config": '[process]\nlog_level = "debug"\n', "secrets": ["stonks-core-secrets", "mail"]},
            "broker": {"config": '[broker]\nmode = "paper"\n[inputs]\n', "args": ["--parts", "2"]},
        }
    },
    "without a broker": broker(enabled=False),
    "elsewhere": {
        "image": {
            "repository": "registry.example.org/stonks",
            "tag": "1.2.3",
            "digest": "sha256:" + "0" * 64,
            "pullPolicy": "Always",
            "pullSecrets": ["registry"],
        },
        "services": {
            "tradingEngine": {
                "command": ["stonks", "run", "--no-ui", "--http", "0.0.0.0:9000"],
                "tier": "core",
                "port": 9000,
                "readiness": _probe("/ready"),
                "liveness": _probe("/health"),
                "startup": _probe("/health"),
                "resources": _resources("1Gi"),
                "terminationGracePeriodSeconds": 60,
                "image": "engine:1",
                **_PLACED,
            },
            "broker": {
                "command": ["stonks", "broker", "serve"],
                "tier": "core",
                "secrets": ["keys"],
                "image": "broker:1",
                "secretFiles": {
                    "STONKS_BROKER_DATABASE_PASSWORD_FILE": "keys/database",
                    "STONKS_BROKER_REDIS_PASSWORD_FILE": "keys/redis",
                    "STONKS_BROKER_INPUT_DATABASE_PASSWORD_FILE": "keys/inputs",
                },
                "env": {
                    "STONKS_BROKER_DATABASE_URL": "postgresql://b@db/broker",
                    "STONKS_BROKER_REDIS_URL": "rediss://b@redis/0",
                    "STONKS_BROKER_INPUT_DATABASE_URL": "postgresql://b@db/market",
                },
                "probe": {"periodSeconds": 60, "timeoutSeconds": 30, "failureThreshold": 2},
                "resources": _resources("512Mi"),
                "terminationGracePeriodSeconds": 60,
                **_PLACED,
            },
        },
        "service": {"type": "NodePort", "publishNotReadyAddresses": False, "annotations": {"example.org/a": "b"}},
        "migration": {"enabled": True, "activeDeadlineSeconds": 1200},
    },
    "other servers": {
        "services": {
            "tradingEngine": {
                "secretFiles": {
                    "STONKS_REDIS_PASSWORD_FILE": "stonks-core-secrets/redis",
                    "STONKS_HTTP_TOKENS_FILE": "stonks-core-secrets/tokens",
                    "STONKS_INPUT_DATABASE_PASSWORD_FILE": "",
                },
                "env": {"STONKS_REDIS_URL": "rediss://engine@redis.example.org/0", "STONKS_INPUT_DATABASE_URL": ""},
            }
        },
        "networkPolicy": {
            "from": _PEER,
            "postgresql": {"port": 6432, "to": [{"ipBlock": {"cidr": "10.1.2.3/32"}}]},
            "redis": {"port": 6380, "to": [{"ipBlock": {"cidr": "10.1.2.4/32"}}]},
            "dns": {"to": [{"namespaceSelector": {}}]},
            "notifications": {"enabled": True, "port": 8443, "to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
        },
    },
    "nothing that can be left out": {
        **{name: {"enabled": False} for name in ("networkPolicy", "podDisruptionBudget", "migration")},
        **broker(enabled=False),
    },
    "nobody is told": {"networkPolicy": {"notifications": {"enabled": False}}},
}
REFUSED: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "two that trade": (engine(replicas=2), "replicas: Must be less than or equal to 1"),
    "a name that nobody knows": ({"replicas": 1}, "Additional property replicas"),
    "the broker's secret in the engine": (engine(secrets=["stonks-core-secrets", BROKERS]), "secrets.1"),
    "one secret for both": (
        {
            "services": {
                "tradingEngine": {"secrets": ["stonks-core-secrets", "all"]},
                "broker": {"secrets": [BROKERS, "all"]},
            }
        },
        "the secret all is in both pods",
    ),
    "the broker's variable in the engine": (engine(env={"STONKS_BROKER_REDIS_URL": "redis://r"}), "STONKS_BROKER"),
    "the engine's variable in the broker": (broker(env={"STONKS_REDIS_URL": "redis://r"}), "STONKS_REDIS_URL"),
    "a password as a value": (engine(env={"STONKS_REDIS_PASSWORD": "x"}), "STONKS_REDIS_PASSWORD"),
    "a password in an address": (engine(env={"STONKS_DATABASE_URL": "postgresql://a:b@c/d"}), "STONKS_DATABASE_URL"),
    "a file of a secret that is not mounted": (
        engine(secretFiles={"STONKS_HTTP_TOKENS_FILE": "elsewhere/tokens"}),
        "is read from elsewhere/tokens",
    ),
    "an account without a place": (engine(env={"STONKS_DATABASE_URL": ""}), "an account needs a place"),
    "files with a standby": (
        engine(env={"STONKS_DATABASE_URL": ""}, persistence={"enabled": True}, standby=True),
        "an account in files has no standby",
    ),
    "an ingress without TLS": ({"ingress": {"enabled": True, "host": "a.example.org"}}, "ingress.tlsSecret"),
    "a port for root": (engine(port=80), "port: Must be greater"),
    "a port where nobody listens": (engine(port=8001), "the command has the engine listen elsewhere"),
    "no limits": (engine(resources={"limits": None}), "limits"),
    "anybody may ask": ({"networkPolicy": {"from": []}}, "networkPolicy.from"),
    "a digest that is none": ({"image": {"digest": "latest"}}, "image.digest"),
    "a command that is a text": (engine(command="stonks run"), "command: Invalid type"),
}
