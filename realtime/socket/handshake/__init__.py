"""The handshake of a socket: whether it is accepted, and to whom it belongs."""
