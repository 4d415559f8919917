"""The scenarios that the bench itself brings. Each module has a function ``measure``."""
