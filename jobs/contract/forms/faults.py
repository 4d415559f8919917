"""Find what is wrong with the ``x-form`` keys in the JSON Schema of a payload."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from jobs.contract.forms.keys import FORM, KNOWN, FormKeys, Widget

_SIBLINGS = ("show_when", "required_when", "list_when")
# What JSON Schema itself has no use for, so that it was meant for the form.
_MISPLACED = frozenset(KNOWN)


@dataclass(frozen=True, kw_only=True)
class FormFault:
    field: str
    """The model and the field, as in ``ReportPayload.format``."""
    text: str
    hint: str


def form_faults(schema: Mapping[str, Any]) -> Iterator[FormFault]:
    """Yield the faults of all fields of a payload's schema, and of the models in it."""
    models = {str(schema.get("title", "Payload")): schema, **schema.get("$defs", {})}
    # A condition may name a field of an enclosing object, so those of all models count.
    names = {name for model in models.values() for name in model.get("properties", {})}
    for model_name, model in models.items():
        yield from _faults_of(model_name, model, names)
        for name, field in model.get("properties", {}).items():
            yield from _faults_of(f"{model_name}.{name}", field, names)


def _faults_of(place: str, field: Mapping[str, Any], names: set[str]) -> Iterator[FormFault]:
    for key in field:
        if key in _MISPLACED:
            yield FormFault(
                field=place,
                text=f"the key '{key}' stands beside '{FORM}'",
                hint=f'Write json_schema_extra={{"{FORM}": {{"{key}": …}}}}.',
            )
        elif key != FORM and get_close_matches(key.lower().replace("_", "-"), [FORM], cutoff=0.75):
            yield FormFault(field=place, text=f"there is no key '{key}'", hint=f"Did you mean '{FORM}'?")
    if FORM not in field:
        return
    given = field[FORM]
    if not isinstance(given, Mapping):
        yield FormFault(field=place, text=f"'{FORM}' is not a dict", hint=f"Its keys are: {', '.join(KNOWN)}.")
        return
    yield from _wrong_keys(place, given)
    yield from _wrong_names(place, given, names)
    yield from _wrong_choices(place, field, given)


def _wrong_keys(place: str, given: Mapping[str, Any]) -> Iterator[FormFault]:
    try:
        FormKeys.model_validate(dict(given))
    except ValidationError as error:
        seen: set[str] = set()
        for one in error.errors(include_url=False, include_input=False, include_context=False):
            key = str(one["loc"][0])
            if key in seen:
                continue
            seen.add(key)
            if one["type"] == "extra_forbidden":
                yield FormFault(field=place, text=f"there is no key '{key}'", hint=_nearest(key, list(KNOWN)))
            elif key == "widget":
                widgets = list(get_args(Widget))
                yield FormFault(
                    field=place, text=f"there is no widget '{given[key]}'", hint=_nearest(str(given[key]), widgets)
                )
            else:
                hint = "docs/reference/handlers.md has an example of each key."
                yield FormFault(field=place, text=f"the value of '{key}' does not fit: {one['msg']}", hint=hint)


def _wrong_names(place: str, given: Mapping[str, Any], names: set[str]) -> Iterator[FormFault]:
    named = [(key, name) for key in _SIBLINGS if isinstance(given.get(key), Mapping) for name in given[key]]
    if isinstance(given.get("period_end"), str):
        named.append(("period_end", given["period_end"]))
    if isinstance(given.get("rows_of"), str):
        named.append(("rows_of", given["rows_of"].partition(".")[0]))
    for key, name in named:
        if name not in names:
            yield FormFault(
                field=place,
                text=f"'{key}' names the field '{name}', which the payload does not have",
                hint=_nearest(str(name), sorted(names)),
            )


def _wrong_choices(place: str, field: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[FormFault]:
    choices, values = given.get("choices"), [str(value) for value in _values_of(field)]
    for value in choices if isinstance(choices, Mapping) and values else ():
        if str(value) not in values:
            yield FormFault(
                field=place,
                text=f"'choices' has a label for '{value}', which the field does not take",
                hint=_nearest(str(value), values),
            )


def _values_of(field: Mapping[str, Any]) -> list[Any]:
    """List the values of an enum, also inside of lists and optional fields; nothing for what is a reference."""
    values = [*field.get("enum", []), *field.get("discriminator", {}).get("mapping", {})]
    inner = [*field.get("anyOf", []), *([field["items"]] if isinstance(field.get("items"), Mapping) else [])]
    return values + [value for part in inner for value in _values_of(part)]


def _nearest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(known)}."
