"""A database engine for Django: SQLite whose writers queue for a turn. ``"ENGINE": "jobs.sqlite"`` turns it on."""
