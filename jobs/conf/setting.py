"""A declaration of one setting."""

from dataclasses import dataclass
from typing import Any

from jobs.conf.faults import Fault, WrongValue
from jobs.conf.kinds.base import Kind

_MAX_HINT = 200


@dataclass(frozen=True)
class Setting:
    """A setting, declared once."""

    name: str
    """The name in the documentation, in the environment and in Django's settings."""
    kind: Kind
    default: Any
    """The value where nothing sets it. None: the settings compute it."""
    is_secret: bool = False
    """True: no message ever shows a value."""

    def read(self, text: str, *, name: str = "") -> Any:
        """Make the value of a text of the environment. Raises ``WrongValue``. ``name``: the variable that had it."""
        try:
            if "\0" in text:
                raise ValueError("it has a null byte")
            return self.kind.parse(text)
        except (ValueError, OverflowError) as error:
            raise WrongValue(self._fault(name or self.name, text, str(error), self._hint(text))) from None

    def fault_of(self, value: Any) -> Fault | None:
        """Return what is wrong with a value that Python code gave, or None."""
        try:
            self.kind.check(value)
        except (ValueError, OverflowError) as error:
            return self._fault(self.name, value, str(error), f"{self.name} = {self.default!r} is the default.")
        return None

    def _fault(self, name: str, value: Any, detail: str, hint: str) -> Fault:
        shown = f"is {self.kind.show(value)}" if not self.is_secret else "has a wrong value, which is not shown"
        if value == "":
            shown = "is empty"
        because = f" ({detail})" if detail else ""
        return Fault(name=name, trouble=f"{shown}{because}", expected=self.kind.describe(), hint=hint)

    def _hint(self, text: str) -> str:
        nearest = "" if self.is_secret else self.kind.nearest(text)
        if nearest and nearest.isprintable() and len(nearest) <= _MAX_HINT:
            return f"Did you mean {self.name}={nearest}?"
        if self.default is None or self.is_secret:
            return ""
        default = self.kind.write(self.default)
        return f"The default is {self.name}={default}." if default else "Leave it out if you do not need it."
