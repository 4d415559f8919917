"""Output of a pipeline: its rows, and the files they are written to."""
