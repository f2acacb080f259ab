"""Tail inlet: what has come in by way of a file that grows, or a folder into which files are put?"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.adapters.event_files import read_macro_events
from engine.adapters.faults import RefusedRow
from engine.adapters.file_readers import RawFile
from engine.adapters.input_options import InputOptions
from engine.adapters.quote_files import quotes_in
from engine.adapters.recommendation_files import read_recommendations
from engine.adapters.signal_files import read_signals
from engine.adapters.tail import Piece, Tail, files_in
from engine.errors import BadInput, Unavailable
from engine.model.incoming import Arrived, Quote, Refusal, Wanted
from engine.model.intraday import from_micros

Rows = tuple[Arrived, Sequence[RefusedRow]]
Read = Callable[[RawFile, InputOptions], Rows]


class TailInlet:
    """An `Inlet` (engine/live_sources.py) over a file or the files of a folder, all of one kind (`read`)."""

    def __init__(self, path: Path, read: Read, options: InputOptions) -> None:
        self._path = path
        self._read = read
        self._options = options
        self._tails: dict[Path, Tail] = {}

    def begin(self) -> None:
        """See `Inlet.begin`."""
        self._tails = {}

    async def arrived(self, wanted: Wanted) -> Arrived:
        """See `Inlet.arrived`."""
        del wanted
        return await asyncio.to_thread(self._arrived)

    def _arrived(self) -> Arrived:
        paths = list(files_in(self._path))
        self._tails = {path: self._tails.get(path) or Tail(path) for path in paths}
        found: list[Arrived] = []
        failed: Unavailable | None = None
        for tail in self._tails.values():
            try:
                found.append(self._gained(tail))
            except Unavailable as error:
                failed = error
        if failed is not None and not any(map(_says_something, found)):
            raise failed
        return _together(found)

    def _gained(self, tail: Tail) -> Arrived:
        piece: Piece | None = None
        try:
            piece = tail.gained()
            if piece is None:
                return Arrived()
            arrived, refused = self._read(piece.file, self._options)
        except BadInput as error:  # what is wrong with all of it
            row = str(piece.line(2)) if piece else "1"
            return Arrived(refused=(Refusal(where=str(tail.path), row=row, reason=error.message),))
        return _together(
            [
                arrived,
                Arrived(
                    refused=[Refusal(where=r.path, row=str(piece.line(r.row_number)), reason=r.reason) for r in refused]
                ),
            ]
        )


def quotes(file: RawFile, options: InputOptions) -> Rows:
    """Return the quotes of a file: ticker, price, at."""
    read, refused = quotes_in(file, options)
    rows = zip(read.ticker.tolist(), read.price.tolist(), read.at.tolist(), strict=True)
    return Arrived(quotes=[Quote(ticker=read.tickers[t], price=p, at=from_micros(at)) for t, p, at in rows]), refused


def recommendations(file: RawFile, options: InputOptions) -> Rows:
    """Return the recommendations of a file."""
    read = read_recommendations([file], options)
    return Arrived(recommendations=[read.table.row(i) for i in range(len(read.table))]), read.refused


def signals(file: RawFile, options: InputOptions) -> Rows:
    """Return the intraday signals of a file."""
    read = read_signals([file], options)
    return Arrived(signals=read.signals), read.refused


def macro_events(file: RawFile, options: InputOptions) -> Rows:
    """Return the macro events of a file."""
    read = read_macro_events([file], options)
    return Arrived(macro_events=read.rows), read.refused


def _together(found: Sequence[Arrived]) -> Arrived:
    return Arrived(
        quotes=[quote for arrived in found for quote in arrived.quotes],
        recommendations=[r for arrived in found for r in arrived.recommendations],
        signals=[signal for arrived in found for signal in arrived.signals],
        macro_events=[event for arrived in found for event in arrived.macro_events],
        refused=[refusal for arrived in found for refusal in arrived.refused],
    )


def _says_something(arrived: Arrived) -> bool:
    return any((arrived.quotes, arrived.recommendations, arrived.signals, arrived.macro_events, arrived.refused))
