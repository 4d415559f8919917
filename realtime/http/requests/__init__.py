"""``/api/requests/``: all that a socket can do with requests, for clients that have none."""
