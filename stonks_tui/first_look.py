"""First look: an account is read beside the start of the screens that will show it.

What reads a database and what draws screens each take a while to import, and one interpreter imports one after the
other. So a copy of the process reads, on another core, while this one brings the screens up. Whatever goes wrong with
the copy, the account is read as at any other time.
"""

import asyncio
import os
import pickle
import select
import signal
from pathlib import Path

from stonks_tui.live_story import Told

_WAITED_FOR = 2.0
_PART = 1 << 16


class FirstLook:
    """An account that is being read by a copy of this process. It is begun before there are other threads."""

    def __init__(self, data_dir: Path) -> None:
        self._end, write_end = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _read_and_tell(data_dir, write_end)
        os.close(write_end)

    def told(self) -> Told | None:
        """Return the account, None when the copy could not read it or takes too long. To be called once, anywhere."""
        found = b""
        while select.select([self._end], [], [], _WAITED_FOR)[0]:
            part = os.read(self._end, _PART)
            if not part:
                break
            found += part
        os.close(self._end)
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        try:
            told = pickle.loads(found)
        except (EOFError, pickle.UnpicklingError):
            return None
        return told if isinstance(told, Told) else None


def _read_and_tell(data_dir: Path, write_end: int) -> None:
    """Read, tell, and end: nothing else of this copy is to happen."""
    try:
        from stonks_tui import bootstrap, live_story

        told = asyncio.run(live_story.whole(bootstrap.live_reader(data_dir), data_dir))
        with os.fdopen(write_end, "wb") as pipe:
            pickle.dump(told, pipe, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)
