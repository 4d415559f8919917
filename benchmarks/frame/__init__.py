"""The frame of the bench: which scenarios there are, and what becomes of their rows."""
