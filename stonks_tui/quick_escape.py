"""Quick escape: what is meant when a key follows Esc so closely that both arrive together?

Over a slow connection two keys come in one packet. Textual takes Esc with a digit for a letter of a Mac, and Esc with a
letter for a circumflex and that letter: the Esc is lost, and so may be a `p` that was to stop entries. Nothing here
needs Alt, so it is Esc, and then the key. It leans on `textual._ansi_sequences.ANSI_SEQUENCES_KEYS`, a private name;
tests/tui/test_quick_escape.py fails when it goes.
"""

import string
from dataclasses import dataclass
from typing import Any, cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.keys import KEY_NAME_REPLACEMENTS, Keys, _character_to_key

_BEGIN_SEQUENCES = frozenset("[]OPX^_\\")
"""After Esc these begin what a terminal says by itself."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """A key as `Keys` has them: by its name."""

    value: str


def install() -> None:
    """Take Esc and a key in one for both, from now on, in this process."""
    known = cast("dict[str, Any]", ANSI_SEQUENCES_KEYS)
    for letter in string.ascii_letters + string.digits + string.punctuation:
        if letter not in _BEGIN_SEQUENCES:
            name = letter if letter.isalnum() else _character_to_key(letter)
            key = _Plain(KEY_NAME_REPLACEMENTS.get(name, name))
            known[f"\x1b{letter}"] = (Keys.Escape, key)
