"""``make pictures``: the pictures of the documentation, taken of a real stack in a real browser."""
