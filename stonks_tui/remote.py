"""Remote: how does the command line reach an engine by the address of its HTTP interface?

The address is said by --engine-url or $STONKS_ENGINE_URL, the token by $STONKS_ENGINE_TOKEN or the file that
$STONKS_ENGINE_TOKEN_FILE names: on a command line everybody on the machine could read it.
"""

import argparse
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from engine.errors import BadInput, NotFound, NotReached, StonksError, Unavailable
from engine.model.audit import Answered, Asked, Word
from stonks_tui import account_place, data_dir

URL, TOKEN = "STONKS_ENGINE_URL", "STONKS_ENGINE_TOKEN"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
"""A word waits 15 s for the engine at most; the answer comes then."""
_PATH = "/api/trading"
_MAYBE = "what was asked may have taken effect all the same: stonks audit shows it"


def add_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an engine by its address."""
    parser.add_argument(
        "--engine-url",
        metavar="URL",
        help="ask the engine at this address (default: $STONKS_ENGINE_URL; its token: $STONKS_ENGINE_TOKEN or …_FILE)",
    )


def chosen(args: argparse.Namespace) -> "Remote | None":
    """Return the engine that is meant by an address, None when the account is meant that `args` names or implies.

    What was typed counts for more than what the environment says. Raises BadInput for an address that is none, and when
    the environment names an engine to which a command without the option cannot say its word: another one is not meant.
    """
    said = getattr(args, "engine_url", None)
    if said and account_place.is_said():
        raise BadInput("--engine-url and --database are two places", hint="say one of them")
    if not said and (account_place.is_said() or args.data_dir != data_dir.default()):
        return None
    url = said or os.environ.get(URL, "")
    if url and not hasattr(args, "engine_url"):
        hint = "say it on that engine's machine, or say with --data-dir or --database which engine is meant"
        raise BadInput(f"${URL} names an engine, and this cannot be said to it over HTTP", hint=hint)
    return Remote.at(url) if url else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """An engine behind `url`. What it does not do is an answer; what goes wrong on the way is raised, in words."""

    url: str
    token: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str) -> "Remote":
        """Return the engine at `url`, with the token that the environment says. Raises BadInput."""
        parts = _parts(url)
        if parts.username is not None or parts.password is not None:
            raise BadInput("a password in an address is seen by everybody", hint=f"put the token into ${TOKEN}_FILE")
        token = account_place.secret_of(os.environ, TOKEN).strip()
        if not token.isascii() or not token.isprintable():
            raise BadInput(f"what ${TOKEN} says is no token", hint="a line of letters and digits")
        return cls(url=url.rstrip("/"), token=token)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return what is at `path`, below /api/trading."""
        found = self._asked("GET", path, params={name: each for name, each in query.items() if each is not None})
        if found.status == 404:
            raise NotFound(found.words, hint=found.hint)
        return found.required()

    def ask(self, asked: Asked) -> Answered:
        """Have the engine do it, and return what it answers; the server says in whose name."""
        if asked.word is Word.STATUS:
            return Answered(done=True, words="", after=self.get("/status")["figures"])
        if asked.word not in _ROUTES:
            raise BadInput(f"{asked.word.value} cannot be said over HTTP", hint="say it on the engine's own machine")
        method, path, body = _ROUTES[asked.word](self, asked.arguments)
        found = self._asked(method, path, json=body)
        if found.status in (404, 409) and found.is_problem:
            return Answered(done=False, words=found.words)
        said = found.required()
        return Answered(done=said["done"], words=said["words"], before=said["before"], after=said["after"])

    def _asked(self, method: str, path: str, **options: Any) -> "_Found":
        import httpx

        here = _parts(self.url).hostname in ("localhost", "127.0.0.1", "::1")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
        try:
            with httpx.Client(timeout=timeout, headers=headers, trust_env=not here) as client:
                answer = client.request(method, f"{self.url}{_PATH}{path}", **options)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            why = f": {error}" if str(error) else ""
            hint = "stonks run --http HOST:PORT has an engine listen there"
            raise NotReached(f"nobody answers at {self.url}{why}", hint=hint) from None
        except httpx.TimeoutException:
            hint = "" if method == "GET" else _MAYBE
            raise Unavailable(f"{self.url} has not answered within {ANSWER_SECONDS:g} s", hint=hint) from None
        except httpx.HTTPError as error:
            hint = "" if method == "GET" else _MAYBE
            raise Unavailable(f"{self.url} broke off: {error}", hint=hint) from None
        return _Found.of(self.url, answer.status_code, _json(answer.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What came back: a value, or a problem in words."""

    url: str
    status: int
    value: dict[str, Any]

    @classmethod
    def of(cls, url: str, status: int, value: Any) -> "_Found":
        return cls(url=url, status=status, value=value if isinstance(value, dict) else {})

    @property
    def is_problem(self) -> bool:
        return isinstance(self.value.get("words"), str) and "code" in self.value

    @property
    def words(self) -> str:
        return str(self.value["words"]) if self.is_problem else f"{self.url} answers {self.status}"

    @property
    def hint(self) -> str:
        return str(self.value.get("hint", "")) if self.is_problem else "is that the address of an engine?"

    def required(self) -> dict[str, Any]:
        """Return the value, or raise what stands in its place."""
        if self.status < 300 and self.value:
            return self.value
        if self.status == 422 and self.is_problem:
            raise BadInput(self.words, hint=self.hint)
        if self.status in (429, 503):
            raise Unavailable(self.words, hint=self.hint)
        hint = f"${TOKEN} or ${TOKEN}_FILE says the token" if self.status == 401 else self.hint
        raise StonksError(self.words, hint=hint)


def _parts(url: str) -> Any:
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if not is_one or parts.query or parts.fragment:
        raise BadInput(f"{url!r} is no address of an engine", hint="such as http://127.0.0.1:8000")
    return parts


def _json(content: bytes) -> Any:
    import json

    try:
        return json.loads(content)
    except ValueError:
        return None


Said = Mapping[str, str]
_Route = Callable[[Remote, Said], tuple[str, str, dict[str, str]]]


def _close_all(remote: Remote, said: Said) -> tuple[str, str, dict[str, str]]:
    del said
    return "POST", "/positions/close", {"confirm": str(remote.get("/positions")["confirm"])}


# Whoever asks here has typed what it takes, or has said --yes: `confirm` says it again in the words of the interface.
_ROUTES: Mapping[Word, _Route] = {
    Word.PAUSE: lambda _, said: ("POST", "/pause", dict(said)),
    Word.RESUME: lambda *_: ("POST", "/resume", {"confirm": "resume"}),
    Word.HALT: lambda _, said: ("POST", "/halt", {**said, "confirm": "halt"}),
    Word.CLOSE: lambda _, said: ("POST", f"/positions/{_quoted(said['ticker'])}/close", {"confirm": said["ticker"]}),
    Word.CLOSE_ALL: _close_all,
    Word.BREAKER: lambda _, said: ("POST", "/breakers", dict(said)),
    Word.CLEAR: lambda _, s: ("POST", f"/breakers/{_quoted(s['breaker'])}/resolve", {"confirm": s["breaker"]}),
    Word.TIER: lambda _, said: ("PUT", "/tier", {**said, "confirm": said["name"]}),
    Word.RESERVE: lambda _, said: ("POST", "/reserve", {**said, "confirm": "reserve"}),
}


def _quoted(text: str) -> str:
    return quote(text, safe="")
