"""Features of a table: the kinds of its columns, the choice among them, and their encoding."""
