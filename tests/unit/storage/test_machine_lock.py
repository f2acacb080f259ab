"""Machine lock: one process holds it, and the dead hold nothing."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage import machine_lock
from storage.machine_lock import MachineLock, is_dead, owner_here

HOLDER = """
import sys, time
from pathlib import Path
from storage.machine_lock import MachineLock, owner_here
lock = MachineLock(Path(sys.argv[1]))
print(lock.take(), owner_here(), flush=True)
time.sleep(60)
"""


def test_one_process_holds_it_until_it_is_dead(tmp_path: Path) -> None:
    path = tmp_path / "account.lock"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-P", "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as holder:
        assert holder.stdout
        taken, owner = holder.stdout.readline().split()
        lock = MachineLock(path)
        assert (taken, lock.take(), is_dead(owner)) == ("True", False, False)
        os.kill(holder.pid, signal.SIGSTOP)
        assert (lock.take(), is_dead(owner)) == (False, False)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert (lock.take(), lock.take(), is_dead(owner)) == (True, True, True)
        lock.let_go()
        assert MachineLock(path).take()


def test_of_a_process_elsewhere_nobody_knows() -> None:
    assert not is_dead("another-machine:1")
    assert not is_dead("no process")
    assert not is_dead(owner_here())


def test_where_no_file_can_be_made_it_is_never_held(tmp_path: Path) -> None:
    assert not MachineLock(tmp_path / "missing" / "account.lock").take()


def test_who_has_ended_is_dead_though_nobody_has_asked_how() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        owner = owner_here().replace(str(os.getpid()), str(process.pid))
        assert not is_dead(owner)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it stays in the list of processes
        assert is_dead(owner)


def test_nobody_of_another_name_space_or_host_has_the_same_name(monkeypatch: pytest.MonkeyPatch) -> None:
    here = owner_here()
    machine_lock._here.cache_clear()
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "another boot")
    try:
        elsewhere = owner_here()
    finally:
        monkeypatch.undo()
        machine_lock._here.cache_clear()
    assert elsewhere.rpartition(":")[2] == here.rpartition(":")[2]
    assert elsewhere != here == owner_here()
    assert not machine_lock.is_dead(f"{elsewhere.rpartition(':')[0]}:{2**22 + 1}")
    assert machine_lock.is_dead(f"{here.rpartition(':')[0]}:{2**22 + 1}")
