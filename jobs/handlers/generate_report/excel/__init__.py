"""The Excel workbook of a report."""
