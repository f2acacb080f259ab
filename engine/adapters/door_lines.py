"""Door lines: what is said at the door, as lines of JSON? Whatever comes in is looked at before it is believed."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from engine.errors import BadInput
from engine.model.audit import Answered, Asked, Word

VERSION = 1
LINE_BYTES = 64 * 1024
"""More than every setting at once needs."""
TEXT_LETTERS = 1_000
"""More than a note needs."""


def asked_to_line(asked: Asked) -> bytes:
    """Return `asked` as a line, without who says it."""
    return _line(
        {
            "version": VERSION,
            "word": asked.word.value,
            "arguments": dict(asked.arguments),
            "origin": asked.origin,
        }
    )


def asked_from_line(line: bytes) -> Asked:
    """Return what `line` asks, said by nobody yet. Raises BadInput, in words, for what is no such line."""
    try:
        said = _object(line)
    except ValueError as error:
        raise BadInput(f"what was said is not understood: {error}") from None
    if said.get("version") != VERSION:
        raise BadInput(
            f"this engine understands version {VERSION} of what is said at its door, not {said.get('version')!r:.40}",
            hint="stonks and the running engine are of different versions",
        )
    if strangers := sorted(said.keys() - {"version", "word", "arguments", "origin"}):
        raise BadInput(f"nothing is known of {strangers[0]!r:.40}")
    arguments = said.get("arguments", {})
    if not isinstance(arguments, dict):
        raise BadInput("the arguments are no object")
    return Asked(
        word=_word(said.get("word")),
        arguments={_text(name, "the name of an argument"): _text(text, name) for name, text in arguments.items()},
        origin=_text(said.get("origin", ""), "origin"),
    )


def asked_from_texts(word: str, arguments: str, origin: str) -> Asked:
    """Return what a row of a table asks, whose `arguments` are JSON, as `asked_from_line` does. Raises BadInput."""
    if len(arguments) > LINE_BYTES:
        raise BadInput(f"what was said is longer than {LINE_BYTES:,} letters")
    head = json.dumps({"version": VERSION, "word": word, "origin": origin})
    return asked_from_line(f'{head[:-1]},"arguments":{arguments}}}'.encode())


def answered_to_line(answered: Answered) -> bytes:
    """Return `answered` as a line."""
    return _line(
        {
            "version": VERSION,
            "done": answered.done,
            "words": answered.words,
            "before": dict(answered.before),
            "after": dict(answered.after),
        }
    )


def answered_from_line(line: bytes) -> Answered:
    """Return what `line` answers. Raises ValueError for what is no such line."""
    said = _object(line)
    if said.get("version") != VERSION:
        raise ValueError(f"it speaks version {said.get('version')!r:.40}")
    done, words = said.get("done"), said.get("words")
    if not isinstance(done, bool) or not isinstance(words, str):
        raise ValueError("it says neither yes nor no")
    return Answered(done=done, words=words, before=_texts(said.get("before")), after=_texts(said.get("after")))


def _line(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is no UTF-8") from None
    except json.JSONDecodeError:
        raise ValueError("it is no JSON") from None
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object")
    return said


def _word(said: object) -> Word:
    try:
        return Word(str(said))
    except ValueError:
        near = get_close_matches(str(said)[:40], list(Word), 1)
        hint = f"did you mean {str(near[0])!r}?" if near else f"there are {', '.join(Word)}"
        raise BadInput(f"there is no word {str(said)!r:.40}", hint=hint) from None


def _text(said: object, name: str) -> str:
    """Return `said` if it is a short line that can be shown anywhere: no letter of it commands a terminal."""
    if not isinstance(said, str):
        raise BadInput(f"{name!r:.40} is no text")
    if len(said) > TEXT_LETTERS:
        raise BadInput(f"{name!r:.40} is longer than {TEXT_LETTERS:,} letters")
    if not said.isprintable():
        raise BadInput(f"{name!r:.40} has letters that cannot be shown")
    return said


def _texts(said: object) -> dict[str, str]:
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise ValueError("what it names is no text")
    return said
