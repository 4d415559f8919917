"""The kinds of values that settings have."""
