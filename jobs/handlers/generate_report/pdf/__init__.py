"""The PDF document of a report."""
