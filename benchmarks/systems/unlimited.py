"""The settings of a stack whose clients all come from this machine, and do more than others may."""

_PREFIXES = ("STREAMER_CONNECTS_PER", "STREAMER_MESSAGES_PER", "STREAMER_SUBMITS_PER", "STREAMER_UPLOAD_RATE_PER")
UNLIMITED = {f"{prefix}_{whose}": "0" for prefix in _PREFIXES for whose in ("USER", "TENANT", "ADDRESS")}
"""No limit that web processes share."""
