"""The form fields of an upload, beside the file."""

from collections.abc import Mapping

from jobs.data.datasets.adding import Wish
from jobs.data.datasets.failures import DatasetError
from jobs.errors import Fault

_FIELDS = ("name", "sheet", "header", "expires_in_days")
_MAX_CHARACTERS = 255
_SHOWN = 64


def read_wish(fields: Mapping[str, str]) -> Wish:
    """Read the options of a dataset. Raises ``DatasetError`` with all faults."""
    faults = [
        Fault(path=name[:_SHOWN], message="unknown field", type="unknown") for name in fields if name not in _FIELDS
    ]
    for name in _FIELDS:
        if len(fields.get(name, "")) > _MAX_CHARACTERS:
            faults.append(Fault(path=name, message=f"at most {_MAX_CHARACTERS} characters", type="too_long"))
    header = fields.get("header", "")
    if header not in ("", "true", "false"):
        faults.append(Fault(path="header", message="'true' or 'false'", type="invalid"))
    days: float | None = None
    try:
        days = float(fields["expires_in_days"]) if fields.get("expires_in_days") else None
    except ValueError:
        faults.append(Fault(path="expires_in_days", message="a number of days", type="invalid"))
    if faults:
        raise DatasetError(f"{faults[0]['path']}: {faults[0]['message']}", {"faults": faults})
    return Wish(
        name=fields.get("name") or None,
        sheet=fields.get("sheet") or None,
        header=header == "true" if header else None,
        expires_in_days=days,
    )
