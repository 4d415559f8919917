"""Convert cells to text, a whole column at a time, for JSON and CSV."""

import pyarrow as pa
import pyarrow.compute as pc


def finite(column: pa.Array) -> pa.Array:
    """Replace NaN and the infinities by missing values."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))


def is_plain(kind: pa.DataType) -> bool:
    """Return True for numbers and booleans, which are written without quotes."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def as_text(column: pa.Array) -> pa.Array:
    """Convert to text: date-times in ISO 8601, without a fraction if it is zero; other types as Arrow writes them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column.cast(pa.string())
    if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
    text = column.cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return text
    return pc.replace_substring_regex(pc.replace_substring(text, " ", "T"), r"\.0+(Z?)$", r"\1")
