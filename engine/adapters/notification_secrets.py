"""Notification secrets: with which credentials, and to which addresses, are e-mails and text messages sent?

They come from the environment, or from files named there; nowhere else. What is wrong with them is a sentence, never
an exception: an engine trades whether or not it can tell anybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

GMAIL_API_URL = "https://gmail.googleapis.com"
GMAIL_TOKEN_URL = "https://oauth2.googleapis.com/token"
_FILE_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret under its `name`: given itself, or in a `file` that is read whenever it is needed."""

    name: str
    text: str = field(default="", repr=False)
    file: str = ""

    def read(self) -> str:
        """Return it without the line end behind it. Raises OSError or ValueError when the file cannot be read."""
        if not self.file:
            return self.text
        with Path(self.file).open("rb") as file:
            content = file.read(_FILE_BYTES)
        return content.decode().rstrip("\r\n")

    @property
    def fault(self) -> str:
        """What is wrong with it, and what to do; empty: nothing."""
        if self.text and self.file:
            return f"{self.name} and {self.name}_FILE are both given: unset one of them"
        if not (self.text or self.file):
            return f"{self.name} is not set: set it, or {self.name}_FILE to a file that holds it"
        try:
            text = self.read()
        except OSError as error:
            return f"{self.name}_FILE names {self.file}, which cannot be read: {error.strerror}"
        except ValueError:
            return f"{self.name}_FILE names {self.file}, which is no text"
        if not text:
            return f"{self.name}_FILE names {self.file}, which is empty: put the secret there"
        return "" if text.isascii() and text.isprintable() else f"{self.name} is not one line of plain letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class GmailAccess:
    """How the Gmail API is reached: the OAuth client, its refresh token, and the two addresses."""

    client_id: str
    client_secret: Secret
    refresh_token: Secret
    api_url: str = GMAIL_API_URL
    token_url: str = GMAIL_TOKEN_URL

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "GmailAccess":
        """Return what `environment` gives, whatever is missing or wrong (`faults`)."""
        return cls(
            client_id=environment.get("STONKS_GMAIL_CLIENT_ID", ""),
            client_secret=_secret(environment, "STONKS_GMAIL_CLIENT_SECRET"),
            refresh_token=_secret(environment, "STONKS_GMAIL_REFRESH_TOKEN"),
            api_url=(environment.get("STONKS_GMAIL_API_URL") or GMAIL_API_URL).rstrip("/"),
            token_url=environment.get("STONKS_GMAIL_TOKEN_URL") or GMAIL_TOKEN_URL,
        )

    @property
    def faults(self) -> tuple[str, ...]:
        """What is missing or wrong, a sentence each with what to do."""
        found = [] if self.client_id else ["STONKS_GMAIL_CLIENT_ID is not set: it is the id of your OAuth client"]
        found += [secret.fault for secret in (self.client_secret, self.refresh_token)]
        found += [
            _url_fault("STONKS_GMAIL_API_URL", self.api_url),
            _url_fault("STONKS_GMAIL_TOKEN_URL", self.token_url),
        ]
        return tuple(fault for fault in found if fault)

    @property
    def is_local(self) -> bool:
        """Are both addresses on this machine?"""
        return is_loopback(self.api_url) and is_loopback(self.token_url)

    @property
    def is_plain(self) -> bool:
        """Is nothing encrypted on the way? Only to this machine that is allowed (`faults`)."""
        return all(url.startswith("http:") for url in (self.api_url, self.token_url))


def is_loopback(url: str) -> bool:
    """Does `url` name this very machine?"""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(environment: Mapping[str, str], name: str) -> Secret:
    return Secret(name=name, text=environment.get(name, ""), file=environment.get(f"{name}_FILE", ""))


def _url_fault(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        return f"{name} is no address: it looks like https://gmail.googleapis.com"
    if parts.username or parts.query or parts.fragment:
        return f"{name} is more than an address: leave out what is before an @, behind a ? or a #"
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)):
        return ""
    return f"{name} is not https: tokens would cross the network for all to read; begin it with https://"
