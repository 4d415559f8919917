"""Fits models to a table and says how good they are. Heavy to import: only workers do, inside ``run``."""
