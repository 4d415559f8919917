"""Fitted models: their predictions and their files."""
