"""Problems: what does the interface answer when it does not do what was asked, always in the same shape?"""

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from engine.errors import BadInput, NotFound, StonksError


class Code(StrEnum):
    """What is wrong, for programs."""

    BAD_REQUEST = "bad_request"
    NO_TOKEN = "no_token"
    UNKNOWN_TOKEN = "unknown_token"
    SCOPE_TOO_SMALL = "scope_too_small"
    STRANGE_HOST = "strange_host"
    STRANGE_ORIGIN = "strange_origin"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_SLOW = "too_slow"
    CONFIRM = "confirm"
    REFUSED = "refused"
    BUSY = "busy"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    TOO_MANY_REQUESTS = "too_many_requests"
    UNAVAILABLE = "unavailable"
    STANDING_BY = "standing_by"
    NO_ROOM = "no_room"
    BROKEN = "broken"


class Problem(BaseModel):
    """Why something was not done. Nothing has happened, unless the words say otherwise."""

    model_config = ConfigDict(title="Problem")

    code: Code = Field(description="what is wrong, for programs")
    words: str = Field(description="what is wrong, for people")
    hint: str = Field(default="", description="what to do about it, empty when there is nothing")
    confirm: str | None = Field(default=None, description="what `confirm` has to say when it is meant all the same")


class Refusal(Exception):
    """Raised by whatever does not do what was asked; becomes a `Problem`."""

    def __init__(
        self,
        status: int,
        code: Code,
        words: str,
        *,
        hint: str = "",
        confirm: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(words)
        self.status = status
        self.problem = Problem(code=code, words=words, hint=hint, confirm=confirm)
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        """The problem as JSON."""
        return self.problem.model_dump_json().encode()


def of_error(error: StonksError) -> Refusal:
    """Return the answer to what went wrong in words: what was asked for badly, is not there, or does not answer."""
    if isinstance(error, BadInput):
        return Refusal(422, Code.INVALID, error.message, hint=error.hint)
    if isinstance(error, NotFound):
        return Refusal(404, Code.NOT_FOUND, error.message, hint=error.hint)
    return Refusal(503, Code.UNAVAILABLE, error.message, hint=error.hint, headers={"Retry-After": "5"})


_WHEN: Mapping[int, tuple[str, Problem]] = {
    400: ("What came is no request.", Problem(code=Code.BAD_REQUEST, words="the request cannot be read")),
    401: (
        "No token, or one that is not known.",
        Problem(code=Code.NO_TOKEN, words="this needs a token", hint="Authorization: Bearer TOKEN"),
    ),
    403: (
        "The token may not do this; or, without tokens, the request comes from a page of somebody else's.",
        Problem(code=Code.SCOPE_TOO_SMALL, words="the token grafana may read and not operate"),
    ),
    404: ("It is not there.", Problem(code=Code.NOT_FOUND, words="there is no decision d-404")),
    405: ("The path is there, and does not take this method.", Problem(code=Code.METHOD_NOT_ALLOWED, words="not here")),
    408: (
        "The request has not come in time.",
        Problem(code=Code.TOO_SLOW, words="the request has not come within 10 s"),
    ),
    409: (
        "The engine or the rules say no, or it has to be confirmed: `confirm` says what has to be typed.",
        Problem(code=Code.CONFIRM, words="All of TSLA is sold at the market, at whatever it brings.", confirm="TSLA"),
    ),
    413: ("The request is too large.", Problem(code=Code.TOO_LARGE, words="more than 65,536 bytes came")),
    415: (
        "The body is no JSON by its own account.",
        Problem(code=Code.NOT_JSON, words="a body is JSON", hint="Content-Type: application/json"),
    ),
    422: (
        "The request can be read, and something in it cannot be used.",
        Problem(code=Code.INVALID, words="limit: Input should be less than or equal to 200"),
    ),
    429: (
        "Too many requests; `Retry-After` says after how many seconds to come again.",
        Problem(code=Code.TOO_MANY_REQUESTS, words="more than 50 requests a second"),
    ),
    503: (
        "The engine, its storage or what it leads on does not answer now; or another engine leads.",
        Problem(code=Code.STANDING_BY, words="another engine leads on this account: host pid 42"),
    ),
    507: (
        "There is no room for it.",
        Problem(code=Code.NO_ROOM, words="a backtest wants 256 MiB of memory, and 90 MiB can be had"),
    ),
}
ALWAYS = (400, 408, 413, 429)
"""What any request may be answered with."""


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of these answers and of those that any request may get."""
    return {status: _documented(status) for status in sorted({*ALWAYS, *statuses})}


def _documented(status: int) -> dict[str, Any]:
    description, example = _WHEN[status]
    found: dict[str, Any] = {
        "model": Problem,
        "description": f"{HTTPStatus(status).phrase}. {description}",
        "content": {"application/json": {"example": example.model_dump(mode="json")}},
    }
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "string"}}}
    return found
