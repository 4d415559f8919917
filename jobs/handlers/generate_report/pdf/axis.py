"""Place and label the marks of a value axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, kw_only=True)
class Axis:
    low: float
    high: float
    step: float

    @property
    def marks(self) -> list[float]:
        return [self.low + self.step * number for number in range(round((self.high - self.low) / self.step) + 1)]

    def place(self, value: float, length: float) -> float:
        """Return the distance of ``value`` from the low end of an axis that is ``length`` points long."""
        return (value - self.low) / (self.high - self.low) * length

    def label(self, mark: float) -> str:
        """Label a mark with thousands separators, and only as many decimals as the step needs."""
        decimals = max(0, -math.floor(math.log10(self.step))) + (self.step < 10 and "25" in f"{self.step:g}"[-2:])
        return f"{mark:,.{decimals}f}".replace("-", "−")


def fit_axis(values: Sequence[float], intervals: int = 5) -> Axis:
    """Return an axis between round numbers that includes zero and all of ``values``."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    magnitude = 10 ** math.floor(math.log10(span / intervals))
    step = next(step * magnitude for step in _STEPS if step * magnitude * intervals >= span * 0.999999)
    return Axis(low=math.floor(low / step) * step, high=(math.ceil(high / step) or 1) * step, step=step)
