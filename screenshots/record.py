"""Records a walk through the live demo: `./stonks recording`. The engine is the real one, held at each moment shown.

The demo is the same on every machine and no frame depends on how fast that is, so the recording is the same too.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from engine.model.runs import LIVE_RUN
from screenshots import cast, film, frames, live_demo, make
from screenshots.cast import Shot
from screenshots.live_demo import HeldApp, LiveDemo
from stonks_tui.live_feed import LiveFeed

SIZE = (100, 30)
BEGINS_AT = datetime(2023, 5, 23, 13, 36, tzinfo=UTC)
"""Six minutes after the first open of the demo."""
PAUSED_AT = datetime(2023, 5, 23, 16, 50, tzinfo=UTC)
"""In the severe event of that day: stops have come nearer."""
FIRST_LOOKS = tuple(PAUSED_AT + timedelta(minutes=m) for m in (*range(-192, -168, 2), *range(-160, 1, 20)))
"""What is seen of the first day: what is bought, soon after the open, and then what becomes of it."""
FALLS_FROM = datetime(2023, 5, 24, 13, 30, tzinfo=UTC)
"""The open of the second day; its forced seller sells after 45 minutes."""
SVG, CAST = make.FOLDER / "demo.svg", make.FOLDER / "demo.cast"
TITLE = "stonks demo"
_SHOWN_WITHIN = 30.0
_KEYS = {" ": "space", "/": "slash", "_": "underscore"}


class Recorder:
    """Drives `app` over `demo` and keeps what it shows."""

    def __init__(self, demo: LiveDemo, app: HeldApp, pilot: Pilot[Any]) -> None:
        self.shots: list[Shot] = []
        self._demo = demo
        self._app = app
        self._pilot = pilot
        self._feed = LiveFeed(demo.folder)

    async def begin(self) -> None:
        """Wait until the screens show what the engine is held at."""
        await make.settled(self._pilot)
        await self.caught_up()

    async def shoot(self, seconds: float, caption: str) -> None:
        """Keep what is shown now; it is seen for `seconds`. What is as it was is seen for so much longer."""
        await make.settled(self._pilot)
        shot = Shot(frame=frames.of_app(self._app), seconds=seconds, caption=caption)
        if self.shots and (last := self.shots[-1]).frame == shot.frame and last.caption == caption:
            shot = Shot(frame=shot.frame, seconds=last.seconds + seconds, caption=caption)
            self.shots.pop()
        self.shots.append(shot)

    async def press(self, *keys: str) -> None:
        """Press keys. What was told before is gone."""
        self._app.clear_notifications()
        for key in keys:
            await self._pilot.press(_KEYS.get(key, key))
            await make.settled(self._pilot)

    async def until(self, at: datetime) -> None:
        """Let the engine come to the moment `at`, and the screens show it."""
        await asyncio.to_thread(self._demo.go_on_to, at)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until the screens show all that the engine has kept. Raises TimeoutError when they do not."""
        alive = (await self._feed.story(LIVE_RUN)).alive
        assert alive is not None
        async with asyncio.timeout(_SHOWN_WITHIN):
            while self._seen() != (alive.turn, alive.heartbeat.at):
                self._app.follow_now()
                await make.settled(self._pilot)

    def _seen(self) -> tuple[int, datetime] | None:
        alive = self._app.scope.story.alive if self._app.scope else None
        return (alive.turn, alive.heartbeat.at) if alive else None


async def walk(recorder: Recorder) -> None:
    """Walk through the demo: trades, a decision, a position, a setting, a pause that is taken back, a breaker."""
    await _first_trades(recorder)
    await _a_decision(recorder)
    await _a_position(recorder)
    await _a_setting(recorder)
    await _a_pause(recorder)
    await _a_breaker(recorder)


async def _first_trades(recorder: Recorder) -> None:
    caption = "stonks demo: the live engine trades a made-up market"
    await recorder.shoot(1.0, caption)
    for at in FIRST_LOOKS:
        await recorder.until(at)
        await recorder.shoot(0.4, caption)
    await recorder.shoot(1.0, caption)


async def _a_decision(recorder: Recorder) -> None:
    await recorder.press("3", "g")
    await recorder.shoot(1.2, "3: every decision, taken or not")
    await recorder.press(*"jjjjjjjjj")
    await recorder.shoot(1.2, "3: every decision, taken or not")
    caption = "Enter, z: the whole trace of one, each check with its value and its limit"
    await recorder.press("enter", "z")
    await recorder.shoot(2.2, caption)
    for _ in range(2):
        await recorder.press("pagedown")
        await recorder.shoot(1.5, caption)
    await recorder.press("z", "escape")


async def _a_position(recorder: Recorder) -> None:
    await recorder.press("2")
    await recorder.shoot(1.5, "2: what is held")
    await recorder.press("tab", "z")
    await recorder.shoot(3.2, "Tab, z: how it was bought, and what set its stop when")
    await recorder.press("z", "escape")


async def _a_setting(recorder: Recorder) -> None:
    await recorder.press("8")
    await recorder.shoot(1.5, "8: every setting, and who said so")
    await recorder.press("/", *"heat", "enter")
    await recorder.shoot(2.0, "/ heat: what is known of one")


async def _a_pause(recorder: Recorder) -> None:
    await recorder.press("1")
    await recorder.shoot(0.8, "1: overview")
    await recorder.press("p")
    await recorder.until(PAUSED_AT + timedelta(minutes=1))
    await recorder.shoot(2.2, "p: no entries from now on, at once")
    await recorder.press("u")
    await recorder.shoot(2.2, "u: take it back; what raises the risk is asked about first")
    await recorder.press("y")
    await recorder.until(PAUSED_AT + timedelta(minutes=2))
    await recorder.shoot(1.5, "y: entries are made again")
    await recorder.press()


async def _a_breaker(recorder: Recorder) -> None:
    caption = "the second day: a forced seller; three stops at once trip a breaker"
    for minutes in (1, 15, 30, *range(38, 62, 2)):
        await recorder.until(FALLS_FROM + timedelta(minutes=minutes))
        await recorder.shoot(0.4, caption)
    await recorder.shoot(1.6, caption)
    await recorder.press("b")
    await recorder.shoot(3.2, "b: every breaker, how far it is from tripping, and what ends it")


async def recorded(folder: Path) -> Sequence[Shot]:
    """Play the demo in `folder` and return what was to be seen."""
    with live_demo.held(folder, BEGINS_AT) as demo:
        app = demo.app("dark")
        async with app.run_test(size=SIZE, notifications=True) as pilot:
            recorder = Recorder(demo, app, pilot)
            await recorder.begin()
            await walk(recorder)
            return recorder.shots


def poster(shots: Sequence[Shot]) -> int:
    """Return which of `shots` stands for all of them: the last of the first scene."""
    return sum(shot.caption == shots[0].caption for shot in shots) - 1


def main(argv: Sequence[str]) -> int:
    """Make the recording anew and return the exit code."""
    description = f"Records a walk through the live demo anew: {SVG.name} and {CAST.name} in screenshots/."
    argparse.ArgumentParser(prog="stonks recording", description=description).parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        shots = asyncio.run(recorded(Path(folder) / "demo"))
    SVG.write_text(film.drawn(shots, poster=poster(shots)), encoding="utf-8")
    CAST.write_text(cast.written(shots, TITLE), encoding="utf-8")
    print(f"{len(shots)} frames, {sum(shot.seconds for shot in shots):.1f} s: {SVG.name}, {CAST.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
