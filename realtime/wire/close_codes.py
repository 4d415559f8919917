"""The close codes of the server, as data. The range tells a client to reconnect (4000–4499) or stop (4500–4999)."""

from enum import IntEnum


class CloseCode(IntEnum):
    DRAIN = 4000
    """This server is stopping, or cannot check tokens right now."""
    TOO_SLOW = 4002
    """Too much waits for the client, or its credit window was full for too long."""
    NO_PONG = 4003
    """The client did not answer the pings of the server."""
    SERVER_ERROR = 4004
    """The server could not go on with this connection."""
    TOKEN_EXPIRED = 4010
    """The token has expired. Come back with a fresh one."""
    CONNECTION_LIMIT = 4020
    """The user has too many open connections; the newest is closed."""
    CONNECT_RATE = 4021
    """Too many handshakes came in a short time, of one user or from one address."""
    BAD_TOKEN = 4500
    """The token is not valid."""
    REVOKED = 4501
    """An operator ended the connection, or the token, the user or the tenant was revoked."""
    UNSUPPORTED_VERSION = 4502
    """The client offers no version of the protocol that the server speaks."""
    PROTOCOL_ABUSE = 4503
    """The client went on to send far more than it may."""

    @property
    def reconnect(self) -> bool:
        return self < 4500

    @property
    def cancels(self) -> bool:
        """Tell whether requests end with a connection that the server closes so.

        Not where the client did nothing wrong and was asked to come back.
        """
        return self not in (CloseCode.DRAIN, CloseCode.SERVER_ERROR, CloseCode.TOKEN_EXPIRED)

    @property
    def reason(self) -> str:
        return self.name.lower()
