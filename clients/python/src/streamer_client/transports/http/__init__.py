"""HTTP in place of a WebSocket: the same messages, by requests, server-sent events and long polls."""
