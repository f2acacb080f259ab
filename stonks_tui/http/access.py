"""Access: who may ask what of the interface, and how are they known?

A token is known by its SHA-256: whoever reads the file of tokens cannot use any of them.
"""

import hashlib
import hmac
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.adapters.peers import name_of
from engine.errors import BadInput

TOKENS, TOKENS_FILE = "STONKS_HTTP_TOKENS", "STONKS_HTTP_TOKENS_FILE"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HOW = "a line for each: read|operate NAME SHA256, as in `operate ops $(printf %s TOKEN | sha256sum)`"


class Scope(StrEnum):
    """What a route is for: anybody (open), those who look (read), those who steer (operate)."""

    OPEN = "open"
    READ = "read"
    OPERATE = "operate"

    def covers(self, wanted: "Scope") -> bool:
        """May whoever has this scope ask what wants `wanted`?"""
        order = tuple(Scope)
        return order.index(self) >= order.index(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: the name of a token, or of the user whose process this is; `peer` is the address it came from."""

    name: str
    scope: Scope
    peer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One that is known, by its digest."""

    name: str
    scope: Scope
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who is let in. Without `tokens` everybody who reaches a loopback address is the user of this process."""

    tokens: tuple[Token, ...] = ()

    def caller(self, token: str | None, peer: str) -> Caller | None:
        """Return who shows `token`, None for nobody who is known. It takes as long whichever token it is."""
        if not self.tokens:
            return Caller(name=name_of(os.getuid()), scope=Scope.OPERATE, peer=peer)
        digest = hashlib.sha256((token or "").encode("utf-8", "surrogateescape")).hexdigest()
        found = [known for known in self.tokens if hmac.compare_digest(known.digest, digest)]
        return Caller(name=found[0].name, scope=found[0].scope, peer=peer) if found and token else None


def read(environment: Mapping[str, str]) -> Access:
    """Return who is let in, by $STONKS_HTTP_TOKENS or the file that $STONKS_HTTP_TOKENS_FILE names.

    Raises BadInput, without saying any of it, for what is no list of tokens.
    """
    said, file = environment.get(TOKENS, ""), environment.get(TOKENS_FILE, "")
    if said and file:
        raise BadInput(f"{TOKENS} and {TOKENS_FILE} are both set", hint="say the tokens in one place")
    if not file:
        return Access(tokens=_tokens(said, TOKENS))
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise BadInput(f"{TOKENS_FILE}: {file} cannot be read: {why}", hint=_HOW) from None
    tokens = _tokens(text, file)
    if not tokens:
        raise BadInput(f"{TOKENS_FILE}: there is no token in {file}", hint=_HOW)
    return Access(tokens=tokens)


def _tokens(text: str, place: str) -> tuple[Token, ...]:
    lines = [(n, line.strip()) for n, line in enumerate(re.split(r"[\n;]", text), start=1)]
    tokens = tuple(_token(line, f"{place}, line {n}") for n, line in lines if line and not line.startswith("#"))
    names = [token.name for token in tokens]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadInput(f"{place}: {min(twice)} is named twice", hint="each token has a name of its own")
    return tokens


def _token(line: str, place: str) -> Token:
    parts = line.removesuffix("-").split()  # sha256sum ends its line with a dash
    if len(parts) != 3 or parts[0] not in (Scope.READ, Scope.OPERATE):
        raise BadInput(f"{place}: that is no token", hint=_HOW)
    scope, name, digest = parts
    if not _NAME.fullmatch(name) or not _DIGEST.fullmatch(digest.lower()):
        raise BadInput(f"{place}: that is no token", hint=_HOW)
    return Token(name=name, scope=Scope(scope), digest=digest.lower())


def is_loopback(host: str) -> bool:
    """Does `host` name this machine to itself alone?"""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
