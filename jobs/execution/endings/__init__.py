"""Bring an attempt to its end: the outcome, the receipt of an early end, the last events."""
