"""Columns of a table as features: what they hold, which are used, and how they are encoded."""
