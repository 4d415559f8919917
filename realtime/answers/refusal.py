"""The refusal of a message, as an exception. Each face tells the client in its own way."""

from jobs.errors import ErrorBody


class Refusal(Exception):
    """The message is refused, and ``error`` says why."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error
