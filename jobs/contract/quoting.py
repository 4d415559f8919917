"""Names and texts as DuckDB's SQL. What comes from outside reaches SQL through these alone, or as a parameter."""


def quote_name(name: str) -> str:
    """Quote the name of a column or table."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Quote a text, for the places where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"
