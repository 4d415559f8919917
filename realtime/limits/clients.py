"""Limits on what a client does, by user, by tenant and by address. All web processes share them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.limits.addresses import network_of
from realtime.limits.exchange import Exchange, SharedBucket
from realtime.limits.refusals import REFUSALS
from realtime.limits.shared_buckets import Buckets

_WHOSE: Final = {"user": "you", "tenant": "your tenant", "address": "this address"}


@dataclass(frozen=True)
class Rates:
    """The most that may be done a second, on average. 0: no limit."""

    user: float
    tenant: float
    address: float


class ClientLimit:
    """The limit on one kind of action, such as ``messages``, by user, tenant and address."""

    def __init__(self, exchange: Exchange, kind: str, rates: Rates) -> None:
        self._exchange = exchange
        self._kind = kind
        self._by_user = Buckets(exchange, rates.user, kind=f"{kind}.user")
        self._by_tenant = Buckets(exchange, rates.tenant, kind=f"{kind}.tenant")
        self._by_address = Buckets(exchange, rates.address, kind=f"{kind}.address")

    def of(self, *, tenant_id: str, user_id: str, address: str) -> "ClientBuckets":
        """Return the buckets of a client. One without a known address is not limited by it."""
        by_address = self._by_address.find(network_of(address)) if address else ()
        found = {
            "user": self._by_user.find(tenant_id, user_id),
            "tenant": self._by_tenant.find(tenant_id),
            "address": by_address,
        }
        return ClientBuckets(
            self._exchange,
            self._kind,
            tenant_id,
            {by: bucket for by, buckets in found.items() for bucket in buckets},
        )


class ClientBuckets:
    """The buckets that one client spends from: its user's, its tenant's and its address's."""

    def __init__(self, exchange: Exchange, kind: str, tenant_id: str, buckets: dict[str, SharedBucket]) -> None:
        self._exchange = exchange
        self._kind = kind
        self._tenant_id = tenant_id
        self._names: Sequence[str] = list(buckets)
        self._buckets: Sequence[SharedBucket] = list(buckets.values())

    def take(self, tokens: float = 1.0) -> ErrorBody | None:
        """Take from all the buckets and return None, or from none and return the error. It does not wait."""
        if not self._buckets:
            return None
        seconds = self._exchange.take(self._buckets, tokens)
        if seconds:
            return self._refusal(seconds)
        self._exchange.soon()
        return None

    def spend(self, tokens: float) -> None:
        """Take ``tokens`` without asking. A negative number gives back what was not needed."""
        if self._buckets and tokens:
            self._exchange.spend(self._buckets, tokens)
            self._exchange.soon()

    def give_back(self, tokens: float, *, but: str = "") -> None:
        """Give back what was not needed, to all buckets except that of ``but``, such as ``user``."""
        chosen = [bucket for name, bucket in zip(self._names, self._buckets, strict=True) if name != but]
        if chosen and tokens:
            self._exchange.spend(chosen, -tokens)
            self._exchange.soon()

    def _refusal(self, seconds: float) -> ErrorBody:
        waits = [bucket.wait_seconds for bucket in self._buckets]
        number = waits.index(max(waits))
        by, rate = self._names[number], self._buckets[number].per_second
        REFUSALS.count(self._kind, by, self._tenant_id)
        return error_body(
            ErrorCode.RATE_LIMITED,
            f"More than {rate:g} {self._kind} a second from {_WHOSE[by]}",
            details={"limit": self._kind, "by": by, "per_second": rate},
            retry_after=max(0.001, seconds),
        )
