"""The work of operators: their roles, their acts on requests with selection, verbs and record, the report of use."""
