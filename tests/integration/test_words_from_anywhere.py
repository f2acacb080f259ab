"""An engine whose account is in a database is steered from a machine that has nothing but the database's address."""

import json
import signal
from pathlib import Path

import pytest

from stonks_tui.cli import main
from tests.support import postgres
from tests.support.engine_processes import Account, Engine, wait_for


class Elsewhere:
    """A machine without any file of the account."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def stonks(self, *words: str) -> tuple[int, str]:
        """Run a command; return its exit code, and what it said."""
        self._capsys.readouterr()
        code = main(["--data-dir", str(self.folder), *words])
        said = self._capsys.readouterr()
        return code, said.out + said.err

    def standbys(self) -> list[str]:
        """Return which engines stand by."""
        status = json.loads(self.stonks("status", "--json")[1])
        return [standby["owner"] for standby in status["standbys"]]


@pytest.fixture
def elsewhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Elsewhere:
    """Another machine."""
    return Elsewhere(tmp_path / "elsewhere", capsys)


def _leads(first: Engine, second: Engine) -> bool:
    """Wait until one of them leads; is it the first?"""
    wait_for(lambda: any(engine.has_said("leads under epoch 1,") for engine in (first, second)), "a leader")
    return first.has_said("leads under epoch 1,")


@pytest.mark.lengthy
def test_people_elsewhere_ask_the_engine_that_leads_whichever_that_is(
    account: Account, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.fresh_url() as url:
        monkeypatch.setenv("STONKS_DATABASE_URL", url)
        with account.engine("first") as first, account.engine("second") as second:
            leader, other = (first, second) if _leads(first, second) else (second, first)
            wait_for(lambda: len(elsewhere.standbys()) == 1, "a standby", 60)
            assert elsewhere.standbys()[0].endswith(f":{other.process.pid}")
            code, said = elsewhere.stonks("status")
            assert (code, said.splitlines()[0]) == (0, "RUNNING")
            assert f"pid {leader.process.pid} epoch 1; standing by: " in said

            assert elsewhere.stonks("pause", "--note", "rain")[0] == 0
            assert elsewhere.stonks("close", "AAPL", "--yes") == (1, "AAPL is not held\n")
            _, audit = elsewhere.stonks("audit")
            assert "pause note=rain" in audit
            assert "(database user postgres), cli)  refused: AAPL is not held" in audit

            leader.process.send_signal(signal.SIGKILL)
            leader.process.wait()
            other.leads(2)
            assert elsewhere.stonks("resume", "--yes")[0] == 0
            assert elsewhere.standbys() == []
            assert elsewhere.stonks("stop", "--yes")[0] == 0
            assert other.ended()[0] == 0
        code, said = elsewhere.stonks("status")
        assert (code, said.splitlines()[0]) == (1, "OFFLINE")
        code, said = elsewhere.stonks("pause")
        assert code == 4
        assert "no engine leads on the database" in said
    assert not elsewhere.folder.exists()
