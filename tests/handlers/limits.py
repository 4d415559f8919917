"""Handlers that name what they use, so that its limits hold over all workers."""

import os
import time
from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, NoPayload, Payload, Retry, Retryable


class ServicePayload(Payload):
    service: str | None = "crm-api"
    again: bool = False


class Outside(Handler[ServicePayload]):
    """Call a service that takes two calls at once."""

    action = "zoo_outside"
    estimated_seconds = 6.0
    limit_running = 2
    retry = Retry(max_attempts=2, base_seconds=0.0)

    def limit_key(self, payload: ServicePayload) -> str | None:
        return payload.service

    def run(self, payload: ServicePayload, context: Context) -> Mapping[str, Any]:
        if payload.again and context.attempt == 1:
            raise Retryable("The service is busy")
        return {}


class OutsideOften(Outside):
    """Call a service that takes three calls at once and four a minute."""

    action = "zoo_outside_often"
    limit_running = 3
    limit_per_minute = 4


class BadKey(Handler[NoPayload]):
    """Name something that is no key."""

    action = "zoo_bad_key"
    estimated_seconds = 6.0
    limit_running = 1
    key: Any = 7

    def limit_key(self, payload: NoPayload) -> str | None:
        if isinstance(self.key, Exception):
            raise self.key
        key: str | None = self.key
        return key

    def run(self, payload: NoPayload, context: Context) -> Mapping[str, Any]:
        return {}


class SeatPayload(Payload):
    path: str | None = None


class OneSeat(Handler[SeatPayload]):
    """Use a licence that has one seat, until there is such a file, if one is named."""

    action = "zoo_one_seat"
    estimated_seconds = 6.0
    limit_running = 1

    def limit_key(self, payload: SeatPayload) -> str | None:
        return "one-seat"

    def run(self, payload: SeatPayload, context: Context) -> Mapping[str, Any]:
        while payload.path is not None and not os.path.exists(payload.path):
            context.check()
            time.sleep(0.05)
        return {}
