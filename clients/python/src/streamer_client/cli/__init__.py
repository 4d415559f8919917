"""The command ``streamer``."""
