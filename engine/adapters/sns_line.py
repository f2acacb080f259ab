"""SNS line: what is said to Amazon SNS, by AWS's own library?

It blocks, and importing it takes half a second: it is for a side thread.
"""

import logging
from contextlib import suppress
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from engine.adapters import sns_answers
from engine.adapters.clock import now
from engine.adapters.notification_secrets import is_loopback
from engine.adapters.side_thread import Attempt
from engine.model.notifications import Delivery


class SnsLine:
    """A client for each region that was asked for, and the credentials behind them."""

    def __init__(self, url: str, connect_seconds: float, read_seconds: float) -> None:
        for name in ("boto3", "botocore", "urllib3"):  # they would write down headers, and tokens with them
            logging.getLogger(name).setLevel(logging.WARNING)
        self._url = url or None
        self._config = Config(
            connect_timeout=connect_seconds,
            read_timeout=read_seconds,
            retries={"total_max_attempts": 1, "mode": "standard"},  # whoever asks tries again, and counts
            proxies={} if is_loopback(url) else None,  # no proxy leads to this machine
        )
        self._session: Any = None
        self._clients: dict[str, Any] = {}
        self._attempt = Attempt()
        self._secrets: tuple[str, ...] = ()

    def close(self) -> None:
        """Close the clients, and forget the credentials."""
        for client in self._clients.values():
            client.close()
        self._session, self._clients = None, {}

    def publish(self, region: str, fields: dict[str, Any], private: tuple[str, ...], attempt: Attempt) -> Delivery:
        """Publish the message of `fields` once, and say what came of it; of `private` nothing is told.

        Raises GivenUp when nobody waits for it any more.
        """
        self._attempt = attempt
        try:
            delivery = sns_answers.of_answer(self._client(region).publish(**fields))
        except (BotoCoreError, ClientError, ValueError) as error:
            hidden = (*self._secrets, *private)
            delivery = sns_answers.of_error(error, now(), hidden, left=attempt.left)
            if sns_answers.is_about_credentials(error):
                self.close()  # they may be others by the next time
        return delivery

    def prepare(self, region: str) -> None:
        """Make what takes long to make: a first client."""
        with suppress(BotoCoreError, ClientError, ValueError):
            self._client(region)

    def _client(self, region: str) -> Any:
        if self._session is None:
            self._session = boto3.Session()
        if region not in self._clients:
            client = self._session.client(
                "sns", region_name=region or None, endpoint_url=self._url, config=self._config
            )
            client.meta.events.register("before-send.sns.Publish", self._departs)
            self._clients[region] = client
        return self._clients[region]

    def _departs(self, **_: object) -> None:
        credentials = self._session.get_credentials().get_frozen_credentials()
        self._secrets = tuple(part for part in credentials if part)
        self._attempt.leave()
