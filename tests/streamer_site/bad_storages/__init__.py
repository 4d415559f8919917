"""Storages that cannot be used."""
