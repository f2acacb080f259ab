"""Run progress: how far is the backtest that is being made, how fast is it, and what has it come to?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from engine.model.money import Money, dollars, usd
from engine.model.runs import RunStatus
from stonks_tui.reports.numbers import measured, plural
from stonks_tui.run_events import Begun, Ended, Keeping, Progressed, Reading, Refused, RunEvent
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.chart_frame import ChartSeries
from stonks_tui.view_models.line_chart import draw
from stonks_tui.view_models.text import Line, Mood, Span, clipped, line, wrapped

POINTS = 500
"""A growing curve has no more points: more than any terminal has columns to show them in."""
_LEAST_ROWS = 4
"""A lower curve says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run, as far as it has told of itself.

    `words` say what is being done or how it ended. `seconds` are those of the `done` sessions, `elapsed` those since
    the command was started. `equity` is every `stride`-th of the `told` values, evenly thinned. `ended` is how it
    ended, None while it goes on; what was refused ended as failed. `is_kept` says that there is a run to look at.
    """

    words: str = "starting"
    run_id: int | None = None
    start: date | None = None
    end: date | None = None
    on: date | None = None
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    elapsed: float = 0.0
    decisions: int = 0
    latest: Money | None = None
    equity: tuple[Money, ...] = ()
    told: int = 0
    stride: int = 1
    ended: RunStatus | None = None
    is_kept: bool = False
    problem: str = ""
    hint: str = ""

    @property
    def fraction(self) -> float:
        """How much of it is done, 0..1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def rate(self) -> float | None:
        """Sessions in a second, None before the first."""
        return self.done / self.seconds if self.done and self.seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """How long the sessions that are left take at this rate."""
        return max(self.total - self.done, 0) / self.rate if self.rate else None

    def after(self, event: RunEvent, *, seconds: float = 0.0) -> "RunProgress":
        """Return the progress after `event`, told `seconds` after the command was started."""
        return replace(self._told(event), elapsed=seconds)

    def _told(self, event: RunEvent) -> "RunProgress":
        match event:
            case Reading():
                return replace(self, words=f"reading: {event.what}")
            case Begun():
                begun = replace(self, words="simulating", run_id=event.run_id, total=event.sessions)
                return replace(begun, start=event.start, end=event.end)
            case Progressed():
                return self._moved(event)
            case Keeping():
                return replace(self, words="writing down", decisions=event.decisions)
            case Ended():
                words = f"run {event.run_id} {event.status.value}"
                ended = replace(self, words=words, run_id=event.run_id, ended=event.status, problem=event.error)
                return replace(ended, is_kept=True)
            case Refused():
                was_asked_to = event.exit_code == 130
                words, status = ("cancelled", RunStatus.CANCELLED) if was_asked_to else ("refused", RunStatus.FAILED)
                return replace(self, words=words, ended=status, problem=event.message, hint=event.hint)

    def _moved(self, event: Progressed) -> "RunProgress":
        equity, stride = self.equity, self.stride
        if self.told % stride == 0:
            equity = (*equity, event.equity)
        if len(equity) > POINTS:
            equity, stride = equity[::2], stride * 2
        return replace(
            self,
            words="simulating",
            on=event.on,
            done=event.done,
            total=event.total,
            seconds=event.seconds,
            decisions=event.decisions,
            latest=event.equity,
            equity=equity,
            told=self.told + 1,
            stride=stride,
        )


def headline(progress: RunProgress) -> str:
    """Return it in a few words."""
    if progress.ended is not None or progress.words != "simulating":
        return progress.words
    left = f", {_time(progress.seconds_left)} left" if progress.seconds_left is not None else ""
    return f"simulating {int(progress.fraction * 100)} %{left}"


def farewell(progress: RunProgress) -> str:
    """Return what is said of a run that has ended."""
    took = f" in {_time(progress.elapsed)}" if progress.elapsed else ""
    return f"{progress.words}: {plural(progress.done, 'session')}, {plural(progress.decisions, 'decision')}{took}"


def lines(progress: RunProgress, columns: int, rows: int = 0) -> tuple[Line, ...]:
    """Return what is being done, a bar, the rate, the time left, and what it has come to; or how it ended.

    Where there are `rows` left, its growing curve fills them.
    """
    found = [clipped(text, columns) for text in (*_doing(progress), *_bar(progress, columns), *_come_to(progress))]
    found += [line(("! ", Mood.LOSS), text) for text in _wrapped(progress.problem, columns)]
    found += [line(f"  {text}") for text in _wrapped(progress.hint, columns)]
    drawn = curve(progress)
    if drawn is not None and rows - len(found) >= _LEAST_ROWS:
        found += draw(drawn, columns=columns, rows=rows - len(found))
    return tuple(clipped(text, columns) for text in found)


def curve(progress: RunProgress) -> ChartSeries | None:
    """Return the total value so far in dollars, None before the first session."""
    if progress.latest is None:
        return None
    has_latest = (progress.told - 1) % progress.stride == 0
    values = [dollars(amount) for amount in (progress.equity if has_latest else (*progress.equity, progress.latest))]
    return ChartSeries(
        values=values,
        first_label=f"{progress.start or ''}",
        last_label=f"{progress.on or ''}",
        baseline=values[0],
        mood=Mood.ACCENT,
        written=lambda value: f"{value:,.0f}",
    )


_ENDS = {RunStatus.COMPLETED: Mood.GAIN, RunStatus.CANCELLED: Mood.WARN, RunStatus.FAILED: Mood.LOSS}


def _doing(progress: RunProgress) -> Iterator[Line]:
    mood = Mood.STRONG if progress.ended is None else _ENDS.get(progress.ended, Mood.STRONG)
    is_on = progress.run_id is not None and progress.ended is None
    yield line((progress.words, mood), (f"  run {progress.run_id}" if is_on else "", Mood.DIM))


def _bar(progress: RunProgress, columns: int) -> Iterator[Line]:
    if progress.total:
        number = f" {int(progress.fraction * 100):>3} %"
        yield (*gauge(progress.fraction, max(columns - len(number), 1)), Span(number))
        yield line(f"session {progress.done:,} of {progress.total:,}", f"  {progress.on}" if progress.on else "")


def _come_to(progress: RunProgress) -> Iterator[Line]:
    if progress.rate:
        left = f"  {_time(progress.seconds_left)} left" if progress.ended is None else ""
        yield line(f"{progress.rate:,.0f} sessions/s{left}", (f"  {_time(progress.seconds)} so far", Mood.DIM))
    if progress.latest is not None:
        yield line(f"{plural(progress.decisions, 'decision')}  total value {usd(progress.latest)}")


def _wrapped(text: str, columns: int) -> list[str]:
    return wrapped(text, columns - 2) if text else []


def _time(seconds: float | None) -> str:
    return measured(seconds, "seconds")
