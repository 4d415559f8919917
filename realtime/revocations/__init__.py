"""Tokens that are void before they expire. Each process keeps the table in memory and judges tokens by it."""
