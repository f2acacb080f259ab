"""Shell: a command line on an account, in this process, with or without somebody who types at a terminal."""

import io
import json
import sys
from pathlib import Path

import pytest

from stonks_tui.cli import main
from tests.support.program import Ended


class Shell:
    """A command line on an account, with or without a terminal at which somebody types."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def stonks(self, *words: str, types: str | None = None) -> Ended:
        """Run the command; `types` is what is typed at a terminal, None: there is none."""
        stdin = io.StringIO("" if types is None else types + "\n")
        self._monkeypatch.setattr(stdin, "isatty", lambda: types is not None, raising=False)
        self._monkeypatch.setattr(sys, "stdin", stdin)
        self._capsys.readouterr()
        code = main(["--data-dir", str(self.folder), *words])
        said = self._capsys.readouterr()
        return Ended(code=code, out=said.out, err=said.err)

    def figures(self) -> dict[str, str]:
        """Return what the engine says of the account."""
        figures: dict[str, str] = json.loads(self.stonks("status", "--json").out)["figures"]
        return figures
