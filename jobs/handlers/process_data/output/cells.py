"""Cells as text, a whole column at a time: what JSON and CSV have in common."""

import pyarrow as pa
import pyarrow.compute as pc


def finite(column: pa.Array) -> pa.Array:
    """Floating-point numbers with a missing value in the place of NaN and the infinities."""
    if not pa.types.is_floating(column.type):
        return column
    return pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))


def is_plain(kind: pa.DataType) -> bool:
    """Numbers and truth values, which are written without quotes."""
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def as_text(column: pa.Array) -> pa.Array:
    """Texts as they are; moments in ISO 8601, without a fraction where there is none; the rest as Arrow writes it."""
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
