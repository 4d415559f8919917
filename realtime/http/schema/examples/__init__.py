"""An example of each message, which the documents show."""
