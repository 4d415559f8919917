"""The health of the parts that requests need: services around Streamer, workers and sweeper."""
