"""Types of the actions of a service, for the type checkers of Python and TypeScript."""
