"""The pages on which operators steer a running service: its queues, limits and workers."""
