"""The limits of a web server, the same for every kind."""

MAX_MESSAGE_BYTES = 4 * 1024 * 1024
"""Above the limit that clients are told, so that a message above that gets an error and not a dropped connection."""
MAX_HEAD_BYTES = 16 * 1024
"""Of a request's first line and its headers."""
MAX_HEADERS = 100
KEEP_ALIVE_SECONDS = 60
"""The time for which an idle HTTP connection is kept. uvicorn alone would close it after 5 s, and so before a proxy
does: a request that is sent at that moment fails."""
PING_SECONDS = 20
PONG_SECONDS = 30
CLOSE_SECONDS = 5.0
"""The seconds for the last message and the client's answer to the close. Afterwards the socket is cut off."""
LINGER_SECONDS = 1.0
"""The seconds for a client to read why a protocol error ends its socket."""
HEAD_SECONDS = 15.0
"""The time for the head of an HTTP request, and so of a handshake: from its first byte, or from the connection on."""
