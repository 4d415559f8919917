"""Define the keys by which a field of a payload says how its form looks.

They stand under ``x-form`` in ``json_schema_extra``. docs/reference/handlers.md explains each with an example.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

FORM = "x-form"

Widget = Literal["text", "textarea", "slider", "json", "source", "dataset", "column", "model", "action"]


class FormKeys(BaseModel):
    """The keys of ``x-form``. All may be left out."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: str = Field(default="", min_length=1)
    help: str = ""
    placeholder: str = ""
    choices: dict[str, str] = Field(default_factory=dict)
    """Value → its label: of an enum, of the kinds of a discriminated union, of true and false."""
    group: str = Field(default="", min_length=1)
    """The heading of a folded group that the field stands in, with the others of the same name."""
    widget: Widget = "text"
    show_when: dict[str, str | bool | int | list[str | bool | int]] = Field(default_factory=dict)
    """Field → value, or list of values, with which this field is shown. The field is a sibling, or one further out."""
    required_when: dict[str, str | bool | int | list[str | bool | int]] = Field(default_factory=dict)
    open: bool = False
    """True: an optional group of fields begins unfolded."""
    list_when: dict[str, str | bool | int | list[str | bool | int]] = Field(default_factory=dict)
    """For a field that takes a value or a list: with these, one value is a list too. Conditions as in ``show_when``."""
    order: int = 0
    """Fields are sorted by it, those of one number as they are written."""
    period_end: str = ""
    """The date field that ends the period which this one begins. Both get presets such as "Last month"."""
    preview: str = ""
    """An inline action. It gets the payload as far as it is written, and its answer is shown under the field."""
    rows_of: str = ""
    """For a list of free objects: the field, as in ``operation.action``, that names the action they are payloads of."""


KNOWN = tuple(FormKeys.model_fields)
