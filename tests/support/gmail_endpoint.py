"""Gmail endpoint: what stands for Google's token service and the Gmail API, and keeps what it is sent."""

from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from json import loads

from tests.support.http_endpoint import HttpEndpoint, Reply, Request

CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN = "stonks.example", "client-secret-of-tests", "1//refresh-token-of-tests"
TOKEN, MESSAGES = "/token", "/gmail/v1/users/me/messages"
SEND = f"{MESSAGES}/send"


class GmailEndpoint(HttpEndpoint):
    """Gives tokens, takes messages, searches them. Each can be told to fail (`path=TOKEN`, `SEND`, `MESSAGES`)."""

    def __init__(self) -> None:
        self.sent: list[EmailMessage] = []
        self.tokens: list[str] = []
        self.may_search = True
        self.token_seconds = 3600
        self.client_secret, self.refresh_token = CLIENT_SECRET, REFRESH_TOKEN
        self._good: set[str] = set()
        self._ids = count(1)
        super().__init__()

    def environment(self) -> dict[str, str]:
        """Return what a process needs to send here."""
        return {
            "STONKS_GMAIL_CLIENT_ID": CLIENT_ID,
            "STONKS_GMAIL_CLIENT_SECRET": self.client_secret,
            "STONKS_GMAIL_REFRESH_TOKEN": self.refresh_token,
            "STONKS_GMAIL_API_URL": self.url,
            "STONKS_GMAIL_TOKEN_URL": f"{self.url}{TOKEN}",
        }

    @property
    def subjects(self) -> list[str]:
        """The subjects of what was sent, in that order."""
        return [str(mail["Subject"]) for mail in self.sent]

    @property
    def bodies(self) -> list[str]:
        """The texts of what was sent, in that order, with plain line ends."""
        return ["\n".join(mail.get_content().splitlines()) for mail in self.sent]

    def expire_tokens(self) -> None:
        """Accept none of the tokens that were given."""
        self._good.clear()

    def forbid_searching(self) -> None:
        """Let tokens send only."""
        self.may_search = False

    def take_and_break(self, times: int = 1) -> None:
        """Take the next message, and reset the connection before answering."""
        self.break_off(times=times, path=SEND, takes=True)

    def clear(self) -> None:
        """Forget what was told, what came in, and every token."""
        super().clear()
        self.sent.clear()
        self.tokens.clear()
        self._good.clear()
        self.may_search, self.token_seconds = True, 3600
        self.client_secret, self.refresh_token = CLIENT_SECRET, REFRESH_TOKEN

    def reply(self, request: Request) -> Reply:
        """Answer as Google does."""
        if request.path == TOKEN:
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._good:
            return error(401, "authError", "Invalid Credentials")
        if request.path == SEND:
            return self._take(request)
        if request.path == MESSAGES:
            return self._search(request)
        return error(404, "notFound", "Requested entity was not found.")

    def _token(self, request: Request) -> Reply:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self.client_secret):
            return Reply(status=401, body={"error": "invalid_client", "error_description": "Unauthorized"})
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return Reply(status=400, body={"error": "invalid_grant", "error_description": "Token has been revoked."})
        token = f"ya29.access-token-of-tests-{len(self.tokens) + 1}"
        self.tokens.append(token)
        self._good.add(token)
        return Reply(body={"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"})

    def _take(self, request: Request) -> Reply:
        mail = message_from_bytes(urlsafe_b64decode(loads(request.body)["raw"]), policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.sent.append(mail)
        identity = f"{next(self._ids):016x}"
        return Reply(body={"id": identity, "threadId": identity, "labelIds": ["SENT"]})

    def _search(self, request: Request) -> Reply:
        if not self.may_search:
            return error(403, "insufficientPermissions", "Request had insufficient authentication scopes.")
        asked = request.query["q"][0]
        found = [
            {"id": f"{number:016x}", "threadId": f"{number:016x}"}
            for number, mail in enumerate(self.sent, 1)
            if f'"{mail["X-Stonks-Reference"]}"' in asked and mail["X-Stonks-Reference"] in mail.get_content()
        ]
        return Reply(body={"messages": found, "resultSizeEstimate": len(found)} if found else {"resultSizeEstimate": 0})


def error(status: int, reason: str, message: str) -> Reply:
    """Return an error as the Gmail API words it."""
    details = [{"message": message, "domain": "global", "reason": reason}]
    return Reply(status=status, body={"error": {"code": status, "message": message, "errors": details}})


@contextmanager
def gmail_endpoint() -> Iterator[GmailEndpoint]:
    """Yield an endpoint that listens."""
    endpoint = GmailEndpoint()
    try:
        yield endpoint
    finally:
        endpoint.close()
