"""Choose the words of a report from what its sources say of their columns: labels, units, a currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from jobs.handler import SourceDescription

_CENT, _LARGE = Decimal("0.01"), Decimal(10**12)
_MAX_LABEL = 60


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words for the columns of a report. Without labels of a source they are plain ones."""

    value: str = "value"
    category: str = "Category"
    region: str = "Region"
    unit: str = ""
    """Of the value: a currency such as CHF, or a unit such as kg. Empty: none is known."""
    is_money: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column → its label."""
    money_columns: frozenset[str] = frozenset()

    @property
    def total(self) -> str:
        return f"Total {self.value}"

    @property
    def average(self) -> str:
        return f"Average {self.value}"

    def with_unit(self, text: str) -> str:
        """Name the unit behind the text, as in ``Total value (CHF)``."""
        return f"{text} ({self.unit})" if self.unit else text

    def amount(self, amount: Decimal) -> str:
        """Write an amount with its unit: ``1,234.50 CHF``."""
        return write_amount(amount) + (f" {self.unit}" if self.unit else "")

    def short(self, amount: Decimal) -> str:
        """Write an amount, but with four digits if it is so large that it would not fit where there is little room."""
        if abs(amount) < _LARGE:
            return self.amount(amount)
        return f"{float(amount):.4g}".replace("-", "−").replace("e+", "e") + (f" {self.unit}" if self.unit else "")

    def name_column(self, name: str) -> str:
        """Return the label of a column, or of the date of which ``name`` is a part, as ``order_date.weekday`` is."""
        if name in self.columns:
            return self.columns[name]
        base, _, part = name.rpartition(".")
        return f"{self.columns[base]}, {part}" if base in self.columns else name


def write_amount(amount: Decimal | float, sign: Literal["", "+"] = "") -> str:
    """Write an amount with cents; what is less than a cent with three digits. ``sign``: show a plus, too."""
    is_small = 0 < abs(float(amount)) < _CENT
    text = f"{float(amount):{sign}.3g}" if is_small else f"{amount:{sign},.2f}"
    return text.replace("-", "−")


def words_of(source: SourceDescription) -> Words:
    labels = {name: _cut(label) for name, label in source.labels.items()}
    return Words(
        value=labels.get(source.value, "value"),
        category=labels.get(source.category, "Category"),
        region=labels.get(source.region or "", "Region"),
        unit=source.currency or source.units.get(source.value, ""),
        is_money=source.currency is not None,
        columns={
            **{name: f"{labels.get(name, name)} ({unit})" for name, unit in source.units.items()},
            **{name: label for name, label in labels.items() if name not in source.units},
        },
        money_columns=frozenset({source.value} if source.currency else ()),
    )


def words_of_several(sources: Sequence[SourceDescription]) -> tuple[Words, list[str]]:
    """Return the words that all sources share, and a note if their values are in different units."""
    found = [words_of(source) for source in sources]
    units = {words.unit for words in found}
    shared = Words(
        value=_shared([words.value for words in found], "value"),
        category=_shared([words.category for words in found], "Category"),
        region=_shared([words.region for words in found], "Region"),
        unit=_shared([words.unit for words in found], ""),
        is_money=len(units) == 1 and all(words.is_money for words in found),
        money_columns=frozenset({"value"} if len(units) == 1 and all(words.is_money for words in found) else ()),
    )
    if len(units) == 1:
        return shared, []
    pairs = zip(sources, found, strict=True)
    named = ", ".join(f"{source.label}: {words.unit or 'none named'}" for source, words in pairs)
    return shared, [f"The values are in different units and are added up as they are. {named}."]


def inside(name: str) -> str:
    """Write a name as it stands inside a sentence: ``Product group`` as ``product group``, ``SKU`` as it is."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _shared(texts: Sequence[str], otherwise: str) -> str:
    return texts[0] if len(set(texts)) == 1 else otherwise


def _cut(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else label[: _MAX_LABEL - 1].rstrip() + "…"
