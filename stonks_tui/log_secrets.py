"""Log secrets: what must never stand in a log, and what stands there instead?"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

HIDDEN = "***"
_TELLTALE = r"passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|dsn"
_NAME = re.compile(rf"(?i:{_TELLTALE}|auth|_pass$|_key$|_url(?:_file)?$)")
_SHORTEST = 6
"""A shorter value, such as `1`, would hide half the log."""
_SHORTEST_PART = 12
"""A shorter word of a list of tokens is a name, or what the token is for."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/'\"]+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"(?i)([\w-]*(?:{_TELLTALE})[\w-]*[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&]+)"),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), HIDDEN),
    (re.compile(r"(?:\bya29\.|(?<![\w/])1//)[\w-]{16,}"), HIDDEN),  # access and refresh tokens of Google
    (  # a secret key of AWS: 40 letters of base64, of every kind
        re.compile(
            r"(?<![\w/+=])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)[A-Za-z0-9/+]{40}(?![\w/+=])",
        ),
        HIDDEN,
    ),
)


def is_telltale(name: str) -> bool:
    """Does the name of a field or variable say that its value is a secret?"""
    return _NAME.search(name) is not None


def hider(environment: Mapping[str, str]) -> Callable[[str], str]:
    """Return what takes every secret out of a text.

    Those of `environment` and of the files that it names are known by their values, others by how they look.
    """
    values = {part for value in _secrets(environment) for part in _parts(value)}
    # the longest first: one may be a part of another
    known = re.compile("|".join(map(re.escape, sorted(values, key=len, reverse=True)))) if values else None

    def hide(text: str) -> str:
        if known is not None:
            text = known.sub(HIDDEN, text)
        for pattern, instead in _RULES:
            text = pattern.sub(instead, text)
        return text

    return hide


def _parts(value: str) -> Iterator[str]:
    """Yield what of `value` would let somebody in: all of it, a long word of a list, the password of an address."""
    found = re.search(r"://[^/@\s]*:([^@/\s]+)@", value)
    password = found[1] if found else ""
    yield from (text for text in (value, password, unquote(password)) if len(text) >= _SHORTEST)
    yield from (word for word in re.split(r"[\s;,]+", value) if len(word) >= _SHORTEST_PART)


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if not _NAME.search(name):
            continue
        if not name.endswith("_FILE"):
            yield value
            continue
        with suppress(OSError, ValueError):
            yield Path(value).read_text(encoding="utf-8").strip()
