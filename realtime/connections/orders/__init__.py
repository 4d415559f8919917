"""Orders of other processes for the sockets of this one: send a message, close, tell the health."""
