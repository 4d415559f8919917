"""Decide once what becomes of values that Python, JSON, Arrow or a spreadsheet cannot hold.

A column's type in DuckDB takes more than they do: NaN and the infinities among numbers, infinite dates and dates
outside the years 1 to 9999, the time 24:00. These values count as missing. The functions here give SQL for DuckDB.
"""

from collections.abc import Mapping

from jobs.contract.table import DATA, OpenTable

FORMULA_START = "^[-=+@\t\r\n]"
"""A regular expression for texts that a spreadsheet would take for formulas."""
_FORMULA_CHARACTERS = frozenset("-=+@\t\r\n")
_YEAR_FIRST = r"^-?\d{4,}[-/ ]"
# DuckDB takes any number of hours and minutes.
_WRONG_OFFSET = r":[\d.]+ ?[+-](2[4-9]|[3-9]\d|\d\d:?[6-9]\d)"
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")


def guard_formula(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{text}" if text[:1] in _FORMULA_CHARACTERS else text


def guard_formula_sql(sql: str) -> str:
    """Return SQL that does the same with a text."""
    # By its code, which is found more quickly than a match of the regular expression.
    codes = ", ".join(str(ord(character)) for character in sorted(_FORMULA_CHARACTERS))
    return f"CASE WHEN ascii({sql}) IN ({codes}) THEN '''' || {sql} ELSE {sql} END"


def unusable_sql(sql: str, column_type: str) -> str | None:
    """Return a condition for the values that count as missing; None if the type has none."""
    if column_type in ("FLOAT", "DOUBLE"):
        return f"NOT isfinite({sql})"
    if column_type in _MOMENTS:
        moment = sql if column_type == "DATE" else f"CAST({sql} AS TIMESTAMP)"
        return f"NOT ({moment} >= DATE '0001-01-01' AND {moment} < DATE '10000-01-01')"
    return f"{sql} = TIME '24:00:00'" if column_type == "TIME" else None


def usable_sql(sql: str, column_type: str) -> str:
    """Return SQL for the value, or NULL for one that counts as missing."""
    condition = unusable_sql(sql, column_type)
    return sql if condition is None else f"CASE WHEN NOT ({condition}) THEN {sql} END"


def moment_of_text_sql(sql: str, *, cast: str = "TRY_CAST") -> str:
    """Return SQL for the time stamp in UTC that a text holds; NULL if it holds none.

    An offset counts, which a cast to TIMESTAMP alone would ignore. Words such as infinity and epoch are no dates, and
    neither are dates outside the years 1 to 9999. A year has four digits: 31-12-24 is no date of the year 31. With
    ``cast`` CAST, a text that only looks like a date is an error.
    """
    text = f"trim({sql}, ' \t\r\n')"
    moment = f"CAST({cast}({text} AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)"
    is_word = f"lower({text}) IN ('infinity', '-infinity', 'epoch')"
    is_iso = f"regexp_matches({text}, '{_YEAR_FIRST}') AND NOT regexp_matches({text}, '{_WRONG_OFFSET}')"
    # Nothing that ends in this can be cast, so that the error shows the text.
    wrong = f"CAST({cast}({text} || '\" is not in ISO 8601' AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP)"
    return f"CASE WHEN {is_word} THEN NULL WHEN {is_iso} THEN {usable_sql(moment, 'TIMESTAMP')} ELSE {wrong} END"


def blank_unusable_dates(table: OpenTable) -> list[str]:
    """Set dates and times of the table that count as missing to NULL; return notes that count them."""
    conditions = {
        name: condition
        for name, column_type in table.columns.items()
        if column_type not in ("FLOAT", "DOUBLE") and (condition := unusable_sql(_quote(name), column_type))
    }
    if not conditions:
        return []
    counted = ", ".join(f"count(*) FILTER ({condition})" for condition in conditions.values())
    [counts] = table.fetch(f"SELECT {counted} FROM {DATA}")
    found = {name: count for name, count in zip(conditions, counts, strict=True) if count}
    if found:
        # In place: the rows keep their numbers, and with them their order.
        cells = ", ".join(
            f"{_quote(name)} = CASE WHEN NOT ({conditions[name]}) THEN {_quote(name)} END" for name in found
        )
        table.execute(f"UPDATE {DATA} SET {cells}")
    return unusable_notes(found, table.columns)


def unusable_notes(counts: Mapping[str, int], types: Mapping[str, str]) -> list[str]:
    """Say how many values of each column count as missing."""
    return [
        f"{count:,} {'value' if count == 1 else 'values'} of '{name}' count{'s' if count == 1 else ''} as missing: "
        f"{_reason(types[name])}"
        for name, count in counts.items()
        if count
    ]


def _reason(column_type: str) -> str:
    if column_type in ("FLOAT", "DOUBLE"):
        return "not a number, or infinite."
    return "no time of a day." if column_type == "TIME" else "infinite, or outside the years 1 to 9999."


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
