"""Opens the rows a request names: a dataset, a source, files, a query, a stream, or its own payload."""
