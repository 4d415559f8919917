"""Server-sent events and long polls: what follows a request, or the feed, without a socket."""
