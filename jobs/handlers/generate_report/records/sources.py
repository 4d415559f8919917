"""Find the sources and datasets that a payload names."""

from jobs.handler import Context, Fault, InvalidPayload, Source, dataset_fingerprint, source_fingerprint
from jobs.handlers.generate_report.payload import ReportPayload


def find_sources(payload: ReportPayload, context: Context) -> list[Source]:
    """Find all of them. Raises ``InvalidPayload`` with the place of each dataset that does not exist."""
    found: list[Source] = []
    faults: list[Fault] = []
    for number, named in enumerate(payload.covered):
        place = f"sources[{number}]" if payload.sources else "dataset"
        try:
            found.append(context.get_source(named))
        except InvalidPayload as error:
            faults += [{**fault, "path": f"{place}.{fault['path']}"} for fault in error.faults]
    names = [source.name for source in found]
    # A dataset may be named once by its name and once by its id.
    if twice := sorted({name for name in names if names.count(name) > 1}):
        faults.append({"path": "sources", "message": f"repeated names: {', '.join(twice)}", "type": "value_error"})
    if faults:
        raise InvalidPayload(faults)
    return found


def fingerprint_of(payload: ReportPayload, tenant_id: str) -> str | None:
    """Return the fingerprint of all data that the report covers; None when that of any is unknown."""
    prints = [
        source_fingerprint(named) if isinstance(named, str) else dataset_fingerprint(tenant_id, named.dataset_id)
        for named in payload.covered
    ]
    return None if None in prints else " ".join(map(str, prints))
