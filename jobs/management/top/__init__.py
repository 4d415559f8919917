"""A live page of the terminal: what waits and runs, with keys to cancel, retry and pause."""
