"""Define the payload of a report."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)

from jobs.handler import DatasetColumns, Payload, SourceName, default_source
from jobs.handlers.generate_report.days import Day

MAX_DAYS = 366
MAX_SOURCES = 5

ReportFormat = Literal["pdf", "csv", "excel"]
ReportType = Literal["monthly", "quarterly", "annual", "custom"]
Compare = Literal["none", "previous_period", "previous_year"]
FilterValue = Annotated[str, Field(max_length=1000)] | int | float | bool
MAX_FILTER_VALUES = 500


def _one_fault(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Report one fault that says what a filter is, instead of one fault for each type that it is not."""
    try:
        return validate(value)
    except ValidationError:
        raise ValueError(
            f"a filter is a text, a number, true or false, or a list of 1 to {MAX_FILTER_VALUES} of these"
        ) from None


FilterValues = Annotated[
    FilterValue | Annotated[list[FilterValue], Field(min_length=1, max_length=MAX_FILTER_VALUES)],
    WrapValidator(_one_fault),
]
GroupColumn = Annotated[str, Field(min_length=1, max_length=160)]
Filters = dict[Annotated[str, Field(min_length=1, max_length=128)], FilterValues]


Named = str | DatasetColumns
"""A source by its name, or a dataset with the columns to read it by."""
_SOURCE_NAME: TypeAdapter[str] = TypeAdapter(SourceName)


def _by_its_kind(value: Any, _: ValidatorFunctionWrapHandler) -> Named:
    """Report the faults of the kind that was meant, and not those of the other kind too."""
    if isinstance(value, (dict, DatasetColumns)):
        return DatasetColumns.model_validate(value)
    return _SOURCE_NAME.validate_python(value, strict=True)


def name_of(named: Named) -> str:
    return named if isinstance(named, str) else named.dataset_id


def _names_once(named: list[Any]) -> list[Any]:
    names = list(map(name_of, named))
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"repeated names: {', '.join(twice)}")
    return named


class ReportPayload(Payload):
    """The records a report covers, and the format it is made in."""

    start_date: Day = Field(
        title="From",
        description="The first day. A date-time is taken in UTC.",
        examples=["2025-01-01"],
        json_schema_extra={"x-form": {"period_end": "end_date", "help": "The first day."}},
    )
    end_date: Day = Field(
        title="To",
        description=f"The last day, included; at most {MAX_DAYS} days in all.",
        examples=["2025-12-31"],
    )
    format: ReportFormat = Field(
        default="pdf",
        title="Format",
        description="pdf: a document to read. excel: tables, charts and records. csv: the records alone.",
        examples=["pdf"],
        json_schema_extra={
            "x-form": {
                "choices": {"pdf": "PDF document", "csv": "CSV file", "excel": "Excel workbook"},
                "help": "The document is to read, the workbook has tables, charts and records, the CSV file records.",
            }
        },
    )
    report_type: ReportType = Field(
        default="monthly",
        title="Periods",
        description="The periods of tables and charts. custom: days, weeks or months, by the length of the range.",
        examples=["monthly"],
        json_schema_extra={
            "x-form": {
                "choices": {"monthly": "Months", "quarterly": "Quarters", "annual": "Years", "custom": "Automatic"},
                "help": "The periods of tables and charts. Automatic: by the length of the range.",
                "show_when": {"format": ["pdf", "excel"]},
            }
        },
    )
    include_charts: bool = Field(
        default=True,
        title="Charts",
        description="Draw charts in a PDF or Excel report.",
        json_schema_extra={"x-form": {"help": "", "show_when": {"format": ["pdf", "excel"]}}},
    )
    filters: Filters = Field(
        default_factory=dict,
        max_length=20,
        title="Filters",
        description="For each column the value, or a list of values, that records must have.",
        examples=[{"region": ["North", "West"], "category": "Books"}],
        json_schema_extra={
            "x-form": {
                "group": "Filters and tables",
                "widget": "column",
                "help": "Only records whose column has one of the values.",
            }
        },
    )
    compare: Compare = Field(
        default="none",
        title="Compare with",
        description="previous_period: as many days right before. previous_year: the same days a year earlier.",
        examples=["previous_year"],
        json_schema_extra={
            "x-form": {
                "choices": {
                    "none": "Nothing",
                    "previous_period": "The days before",
                    "previous_year": "The year before",
                },
                "help": "The days before: as many days, right before the first one.",
                "show_when": {"format": ["pdf", "excel"]},
            }
        },
    )
    group_by: Annotated[list[GroupColumn], AfterValidator(_names_once)] = Field(
        default_factory=list,
        max_length=2,
        title="Group by",
        description="One or two columns to make a table by. A part of a date works too, as in order_date.weekday.",
        examples=[["segment", "order_date.weekday"]],
        json_schema_extra={
            "x-form": {
                "group": "Filters and tables",
                "widget": "column",
                "show_when": {"format": ["pdf", "excel"]},
            }
        },
    )
    sources: Annotated[list[Annotated[Named, WrapValidator(_by_its_kind)]], AfterValidator(_names_once)] = Field(
        default_factory=list,
        min_length=2,
        max_length=MAX_SOURCES,
        title="Sources together",
        description=f"2 to {MAX_SOURCES} tables to report on together: names of registered ones, or datasets as below.",
        examples=[["shop", "till"]],
        json_schema_extra={
            "x-form": {
                "group": "Other data",
                "order": 2,
                "widget": "source",
                "choices": {"string": "A registered source", "object": "A dataset"},
                "help": f"2 to {MAX_SOURCES} tables to report on together, instead of a source.",
            }
        },
    )
    dataset: DatasetColumns | None = Field(
        default=None,
        title="Dataset",
        description="A dataset to report on, instead of a source, and its columns.",
        examples=[{"dataset_id": "orders", "date": "day", "value": "amount", "category": "kind"}],
        json_schema_extra={"x-form": {"group": "Other data", "order": 1}},
    )
    source: SourceName = Field(
        default_factory=default_source,
        title="Source",
        description="The registered table to report on.",
        examples=["sample"],
        json_schema_extra=lambda schema: schema.update(default=default_source()),
    )

    @field_validator("start_date")
    @classmethod
    def _leaves_room(cls, start_date: date) -> date:
        if not date.min + timedelta(days=MAX_DAYS) <= start_date < date.max - timedelta(days=MAX_DAYS):
            raise ValueError(f"{start_date} is too early or too late for a report")
        return start_date

    @field_validator("end_date")
    @classmethod
    def _fits_start(cls, end_date: date, info: ValidationInfo) -> date:
        # On the field and not on the model, so that it is reported together with all other faults.
        start_date = info.data.get("start_date")
        if start_date is None:
            return end_date
        if end_date < start_date:
            raise ValueError(f"{end_date} is before the first day, {start_date}")
        if (days := (end_date - start_date).days + 1) > MAX_DAYS:
            raise ValueError(f"{start_date} to {end_date} is {days} days; a report covers at most {MAX_DAYS}")
        return end_date

    @field_validator("dataset")
    @classmethod
    def _is_the_only_one(cls, dataset: DatasetColumns | None, info: ValidationInfo) -> DatasetColumns | None:
        if dataset is not None and info.data.get("sources"):
            raise ValueError("give either a dataset or sources; a dataset may be one of the sources")
        return dataset

    @field_validator("source")
    @classmethod
    def _stands_alone(cls, source: str, info: ValidationInfo) -> str:
        # Forms send the default along with any other choice.
        if source == default_source():
            return source
        if info.data.get("dataset"):
            raise ValueError("give either a source or a dataset")
        if (sources := info.data.get("sources")) and source not in sources:
            raise ValueError("give either a source or sources")
        return source

    @property
    def covered(self) -> tuple[Named, ...]:
        """Return the sources and datasets that the report covers."""
        return tuple(self.sources) or (self.dataset or self.source,)

    @property
    def days(self) -> int:
        """Count the days covered, both ends included."""
        return (self.end_date - self.start_date).days + 1
