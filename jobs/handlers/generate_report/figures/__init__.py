"""Figures of a report: totals by period, category, region, source and group."""
