"""The systems under test: how to install, start and stop each, and what it costs while it runs."""
