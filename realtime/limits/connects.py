"""The limit on handshakes: by address, and by user and tenant, asked before a handshake costs much."""

from collections import OrderedDict, deque
from typing import Final

from realtime.limits.addresses import network_of
from realtime.limits.clients import Rates
from realtime.limits.exchange import Exchange, SharedBucket
from realtime.limits.refusals import REFUSALS
from realtime.limits.shared_buckets import BURST_SECONDS, Buckets
from realtime.limits.token_bucket import TokenBucket

EXPLAINED_PER_SECOND: Final = 2
EXPLAINED_AT_ONCE: Final = 5
_MAX_NETWORKS: Final = 4_096
_MAX_JUDGED: Final = 1_000


class ConnectLimit:
    """The limits, as one process knows them. A user or an address that heeds no refusal waits longer."""

    def __init__(self, exchange: Exchange, rates: Rates) -> None:
        self._exchange = exchange
        self._by_address = Buckets(exchange, rates.address, kind="connects.address")
        self._by_user = Buckets(exchange, rates.user, kind="connects.user")
        self._by_tenant = Buckets(exchange, rates.tenant, kind="connects.tenant")
        # Those that were refused last come last.
        self._explained: OrderedDict[str, TokenBucket] = OrderedDict()
        # The answers to handshakes that have been judged and are on their way to ``of_address``.
        self._judged: OrderedDict[str, deque[float]] = OrderedDict()

    def turns_away(self, address: str) -> float:
        """Return the seconds for which handshakes from there are refused before any accept. 0: this one may go on.

        For servers that can ask before they make a socket. Of an address that connects too fast, a few a second go on:
        only what is accepted can be told why it is refused.
        """
        network = network_of(address)
        found = self._by_address.find(network) if address else ()
        seconds = self._take("address", found, refused_pay=True)
        if seconds and (seconds > BURST_SECONDS or not self._may_explain(network)):
            return seconds
        if found:
            self._judged.setdefault(network, deque(maxlen=_MAX_JUDGED)).append(seconds)
            if len(self._judged) > _MAX_NETWORKS:
                self._judged.popitem(last=False)
        return 0.0

    def of_address(self, address: str) -> float:
        """Return the seconds for which nobody from there may connect. An unknown address has no limit.

        It counts the handshake, unless ``turns_away`` has done so.
        """
        if not address:
            return 0.0
        network = network_of(address)
        if judged := self._judged.get(network):
            seconds = judged.popleft()
            if not judged:
                del self._judged[network]
            return seconds
        return self._take("address", self._by_address.find(network), refused_pay=True)

    def of_user(self, tenant_id: str, user_id: str) -> float:
        """Return the seconds for which the user may not connect.

        A refused one costs its tenant nothing. Nor do those that the tenant's limit refuses: others of the tenant
        would wait for as long as one goes on.
        """
        seconds = self._take("user", self._by_user.find(tenant_id, user_id), tenant_id, refused_pay=True)
        return seconds or self._take("tenant", self._by_tenant.find(tenant_id), tenant_id)

    def _take(
        self, by: str, bucket: tuple[SharedBucket, ...], tenant_id: str = "", *, refused_pay: bool = False
    ) -> float:
        seconds = self._exchange.take(bucket, refused_pay=refused_pay)
        if bucket:
            self._exchange.soon()
        if seconds:
            REFUSALS.count("connects", by, tenant_id)
        return seconds

    def _may_explain(self, network: str) -> bool:
        if (bucket := self._explained.get(network)) is None:
            if len(self._explained) >= _MAX_NETWORKS:
                self._explained.popitem(last=False)
            bucket = TokenBucket(per_second=EXPLAINED_PER_SECOND, burst=EXPLAINED_AT_ONCE)
            self._explained[network] = bucket
        self._explained.move_to_end(network)
        if bucket.refill() < 1:
            return False
        bucket.spend(1)
        return True
