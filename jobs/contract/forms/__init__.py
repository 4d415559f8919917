"""Forms in the console: the keys by which a handler describes its fields, and its examples."""
