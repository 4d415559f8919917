"""Fitting of models to a table, and measuring how good they are. Heavy to import: only workers do, inside ``run``."""
