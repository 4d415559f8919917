"""Tables that clients upload or operators register, and every other way a request can name rows to work on."""
