"""Topics of the application over HTTP: publish to them, and follow them without a socket."""
