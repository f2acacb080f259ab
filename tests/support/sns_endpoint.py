"""SNS endpoint: what stands for Amazon SNS: one that keeps what it is sent, by moto; one that plays faults."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.support.http_endpoint import HttpEndpoint, Reply, Request

REGION = "us-east-1"
ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:stonks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was sent, to a number or to a topic."""

    message: str
    message_id: str
    phone_number: str = ""
    topic_arn: str = ""
    subject: str = ""


def environment(url: str) -> dict[str, str]:
    """Return what a process needs to send to `url`, with keys that mean nothing, and nothing of its home."""
    return {
        "STONKS_SNS_URL": url,
        "STONKS_SNS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "AKIAOFTHETESTS000000",
        "AWS_SECRET_ACCESS_KEY": "secret-key-of-the-tests",
        "AWS_SESSION_TOKEN": "session-token-of-the-tests",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


class SnsEndpoint:
    """A server of moto in this process, with a topic TOPIC; others reach it at `url`."""

    def __init__(self) -> None:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line a request otherwise
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        self.clear()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._server.get_host_and_port()
        return f"http://{host}:{port}"

    def environment(self) -> dict[str, str]:
        """Return what a process needs to send here."""
        return environment(self.url)

    @property
    def sent(self) -> list[Published]:
        """What was published: to numbers first, then to the topic, each in its order."""
        numbers = [
            Published(phone_number=number, message=message, message_id=identity)
            for identity, (number, message) in self._backend().sms_messages.items()
        ]
        return numbers + [
            Published(topic_arn=TOPIC, message=message, message_id=identity, subject=subject or "")
            for identity, message, subject, *_ in self._backend().topics[TOPIC].sent_notifications
        ]

    def clear(self) -> None:
        """Forget what was published."""
        self._backend().reset()
        self._backend().create_topic("stonks")

    def close(self) -> None:
        """End."""
        self._server.stop()

    @staticmethod
    def _backend() -> Any:
        from moto.sns.models import sns_backends

        return sns_backends[ACCOUNT][REGION]


class FaultySns(HttpEndpoint):
    """Takes what is published (`sent`, as fields of a form), and fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self._ids = count(1)
        super().__init__()

    def environment(self) -> dict[str, str]:
        """Return what a process needs to send here."""
        return environment(self.url)

    def refuse(self, status: int, code: str, message: str = "", *, times: int = 1, retry_after: str = "") -> None:
        """Answer the next `times` with AWS's error `code`."""
        words = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        body = f'<ErrorResponse xmlns="{_NAMES}">{words}<RequestId>refused</RequestId></ErrorResponse>'
        self.answer_with(status, body, headers={"Retry-After": retry_after} if retry_after else {}, times=times)

    def clear(self) -> None:
        """Forget what was told and what came in."""
        super().clear()
        self.sent.clear()

    def reply(self, request: Request) -> Reply:
        """Take it."""
        self.sent.append(request.form)
        result = f"<PublishResult><MessageId>{next(self._ids):08d}</MessageId></PublishResult>"
        metadata = "<ResponseMetadata><RequestId>taken</RequestId></ResponseMetadata>"
        return Reply(body=f'<PublishResponse xmlns="{_NAMES}">{result}{metadata}</PublishResponse>')


_NAMES = "http://sns.amazonaws.com/doc/2010-03-31/"


@contextmanager
def sns_endpoint() -> Iterator[SnsEndpoint]:
    """Yield moto, listening. It is one for a process: what is published is kept outside of the server."""
    endpoint = SnsEndpoint()
    try:
        yield endpoint
    finally:
        endpoint.close()


@contextmanager
def faulty_sns() -> Iterator[FaultySns]:
    """Yield an endpoint that fails as it is told."""
    endpoint = FaultySns()
    try:
        yield endpoint
    finally:
        endpoint.close()
