"""The ways to reach the service. Each carries the messages of ``streamer.v1``, whatever is below."""
