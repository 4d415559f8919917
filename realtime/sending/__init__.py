"""Send messages to the connections of clients, and close connections, from any process of the service.

calls        what code calls: send, send_to_user, send_to_tenant, broadcast, disconnect, and their twins
message      any JSON value as a message, within bounds
reach        the rows of the connections that are meant
publishing   the way to the web processes, behind a circuit breaker
report       what a call returns
asking       the health of connections, which their web processes know
"""

from realtime.sending.calls import (
    abroadcast,
    adisconnect,
    asend,
    asend_to_tenant,
    asend_to_user,
    broadcast,
    disconnect,
    send,
    send_to_tenant,
    send_to_user,
)
from realtime.sending.message import InvalidMessage
from realtime.sending.report import Report
from realtime.wire.close_codes import CloseCode

__all__ = [
    "CloseCode",
    "InvalidMessage",
    "Report",
    "abroadcast",
    "adisconnect",
    "asend",
    "asend_to_tenant",
    "asend_to_user",
    "broadcast",
    "disconnect",
    "send",
    "send_to_tenant",
    "send_to_user",
]
