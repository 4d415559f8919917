"""Bulk work: one operation over many items, each with an outcome of its own, spread over the free workers."""
