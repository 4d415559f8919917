"""Fitted models: their predictions, and the file that one is kept in."""
