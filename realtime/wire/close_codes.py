"""The close codes of the server, as data. The range tells a client to reconnect (4000–4499) or stop (4500–4999)."""

from enum import IntEnum


class CloseCode(IntEnum):
    DRAIN = 4000
    TOO_SLOW = 4002
    NO_PONG = 4003
    TOKEN_EXPIRED = 4010
    CONNECTION_LIMIT = 4020
    BAD_TOKEN = 4500
    REVOKED = 4501
    PROTOCOL_ABUSE = 4503

    @property
    def reconnect(self) -> bool:
        return self < 4500

    @property
    def reason(self) -> str:
        return self.name.lower()
