"""The datasets of a tenant by the names that its queries use."""

from collections.abc import Iterable

from jobs.data.datasets.store import datasets_of, find_dataset
from jobs.data.tables.failures import not_there
from jobs.models import Dataset

_NAMES_TOLD = 50


def tenant_tables(tenant_id: str, names: Iterable[str]) -> list[tuple[str, Dataset]]:
    """Find the dataset of each name. As in SQL, case is ignored when no name matches exactly.

    Raises ``InvalidPayload`` when one does not exist, and lists those that do.
    """
    found = [(name, find_dataset(tenant_id, name) or _spelled_otherwise(tenant_id, name)) for name in names]
    missing = [name for name, dataset in found if dataset is None]
    if missing:
        living = datasets_of(tenant_id).order_by("name").values_list("name", flat=True)
        known = ", ".join(living[:_NAMES_TOLD]) or "none yet"
        raise not_there("sql", f"there is no table '{missing[0]}'; your datasets: {known}")
    return [(name, dataset) for name, dataset in found if dataset is not None]


def _spelled_otherwise(tenant_id: str, name: str) -> Dataset | None:
    alike = list(datasets_of(tenant_id).filter(name__iexact=name)[:2])
    return alike[0] if len(alike) == 1 else None
