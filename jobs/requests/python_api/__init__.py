"""Requests for Python code: submit one, and hold a handle on it."""
