"""The bench: `python -m benchmarks`."""
