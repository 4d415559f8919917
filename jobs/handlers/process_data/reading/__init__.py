"""Reading of a table into pandas: the columns and the rows that a model learns from."""
