"""Gmail line: what is said to Google's token service and to the Gmail API, over HTTP?

It blocks, and building its client takes a fifth of a second: it is for a side thread.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from typing import Any

import httpx

from engine.adapters import gmail_answers
from engine.adapters.clock import now, passed_seconds
from engine.adapters.gmail_answers import Answer
from engine.adapters.notification_secrets import GmailAccess
from engine.adapters.provider_words import told
from engine.adapters.side_thread import Attempt
from engine.model.notifications import Delivery, Outcome

TOKEN_MARGIN_SECONDS = 60.0
"""A token is not used in its last minute: it should still hold when the message arrives."""
_DAY_SECONDS = 86_400
_MESSAGES = "/gmail/v1/users/me/messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str
    until: float


class NoToken(Exception):
    """There is no token to send with; `delivery` says why."""

    def __init__(self, delivery: Delivery) -> None:
        super().__init__(delivery.words)
        self.delivery = delivery


class GmailLine:
    """The one client of a side thread, and the access token while it holds."""

    def __init__(self, access: GmailAccess, connect_seconds: float, read_seconds: float) -> None:
        for name in ("httpx", "httpcore"):  # what they say is for those who look after them
            logging.getLogger(name).setLevel(logging.WARNING)
        self._access = access
        self._token: _Token | None = None
        self._secrets: tuple[str, ...] = ()
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
            # a connection that was kept may have been closed at the other end: nobody would know what arrived
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            # reading everybody's certificates is what takes so long; without them none is trusted
            verify=SSLContext(PROTOCOL_TLS_CLIENT) if access.is_plain else True,
            trust_env=not access.is_local,  # no proxy leads to this machine
        )

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def send(self, raw: str, private: tuple[str, ...], attempt: Attempt) -> Delivery:
        """Send the message `raw` (base64) once, and say what came of it; of `private` nothing is told.

        Raises GivenUp when nobody waits for it any more.
        """
        try:
            response = self._authorized("POST", f"{_MESSAGES}/send", attempt, json={"raw": raw})
        except NoToken as error:
            return error.delivery
        except httpx.HTTPError as error:
            if attempt.left:
                words = f"Gmail did not answer ({_why(error)}): the e-mail may have been sent"
                return Delivery(outcome=Outcome.UNKNOWN, words=words)
            return Delivery(outcome=Outcome.UNREACHABLE, words=f"Gmail cannot be reached ({_why(error)})")
        return gmail_answers.of_send(self._answer(response, private))

    def finds(self, search: str, attempt: Attempt) -> bool | None:
        """Return whether `search` finds a message; None: Gmail does not answer, or not to this token."""
        try:
            response = self._authorized("GET", _MESSAGES, attempt, params={"q": search, "maxResults": "1"})
        except (NoToken, httpx.HTTPError):
            return None
        return gmail_answers.found(self._answer(response))

    def _authorized(self, method: str, path: str, attempt: Attempt, **content: Any) -> httpx.Response:
        response = self._ask(method, path, attempt, content)
        if response.status_code == 401:
            attempt.answered()
            self._token = None
            response = self._ask(method, path, attempt, content)
        return response

    def _ask(self, method: str, path: str, attempt: Attempt, content: Mapping[str, Any]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._access_token()}"}
        return self._client.request(
            method, self._access.api_url + path, headers=headers, extensions={"trace": _departure(attempt)}, **content
        )

    def _access_token(self) -> str:
        if self._token is None or passed_seconds() >= self._token.until:
            self._token = None
            self._token = self._new_token()
        return self._token.text

    def _new_token(self) -> _Token:
        response = self._ask_for_token()
        answer = self._answer(response)
        text, seconds = answer.fields.get("access_token"), answer.fields.get("expires_in")
        if answer.status == 200 and isinstance(text, str) and text and text.isascii() and text.isprintable():
            self._secrets = (*self._secrets[:2], text)
            holds = float(seconds) if isinstance(seconds, int | float) and 0 < seconds < _DAY_SECONDS else 0.0
            return _Token(text=text, until=passed_seconds() + holds - TOKEN_MARGIN_SECONDS)
        raise NoToken(gmail_answers.of_token(answer))

    def _ask_for_token(self) -> httpx.Response:
        form = self._form()
        try:
            return self._client.post(self._access.token_url, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            words = f"Google's token service cannot be reached ({_why(error)})"
            raise NoToken(Delivery(outcome=Outcome.UNREACHABLE, words=words)) from None
        except httpx.HTTPError as error:
            words = f"Google's token service did not answer ({_why(error)})"
            raise NoToken(Delivery(outcome=Outcome.FAILED, words=words)) from None

    def _form(self) -> dict[str, str]:
        faults = self._access.faults
        if faults:
            raise NoToken(Delivery(outcome=Outcome.REFUSED, words=faults[0]))
        secret, token = self._access.client_secret.read(), self._access.refresh_token.read()
        self._secrets = (secret, token)
        return {
            "grant_type": "refresh_token",
            "client_id": self._access.client_id,
            "client_secret": secret,
            "refresh_token": token,
        }

    def _answer(self, response: httpx.Response, private: tuple[str, ...] = ()) -> Answer:
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=response.content,
            now=now(),
            hidden=(*self._secrets, *private),
        )


def _departure(attempt: Attempt) -> Callable[[str, Mapping[str, Any]], None]:
    def trace(event: str, info: Mapping[str, Any]) -> None:
        # what is said to a proxy on the way has not left yet
        if event.endswith(".send_request_headers.started") and info["request"].method != b"CONNECT":
            attempt.leave()

    return trace


def _why(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return told(str(error), ()) or "the connection broke"
