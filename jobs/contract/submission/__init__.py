"""The questions to a handler when a request is submitted, each asked once."""
