"""The rules of the protocol without I/O: from messages and times follows what to send and what to deliver."""
