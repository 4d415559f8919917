"""Reading of a table into pandas: the columns and rows that a model learns from."""
