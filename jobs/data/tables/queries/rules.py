"""The rules for a user's SELECT. They read the syntax tree of DuckDB's own parser, and need no Django.

Any kind of node, kind of table, or function that makes tables is refused unless it is listed here. Expressions may use
the functions that DuckDB calls consistent, none of which reads its environment, and a few more.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from jobs.data.duckdb_errors import reason_of

_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
_TABLES = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "EMPTY", "PIVOT"})
_TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})
_VARYING = frozenset(
    {"now", "today", "current_date", "get_current_time", "get_current_timestamp", "transaction_timestamp", "random"}
    | {"uuid", "uuidv4", "uuidv7", "gen_random_uuid"}
)
_MACROS_ABOUT_SURROUNDINGS = ("pg_", "current_", "has_", "inet_", "session_", "user", "col_desc", "obj_desc", "shobj_")
_REFUSED = frozenset({"json_serialize_plan", "json_deserialize_sql", "json_serialize_sql", "version", "getenv"})


class Refused(Exception):
    """The query is refused. The text says which part is not allowed."""


def check_query(sql: str) -> tuple[str, list[str]]:
    """Return the statement, and the tables it reads that are not defined in it. Raises ``Refused``."""
    with duckdb.connect() as connection:
        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise Refused("a query is one SELECT, and nothing else")
            statement = statements[0].query
            [(text,)] = connection.execute("SELECT json_serialize_sql(?)", [statement]).fetchall()
            tree = json.loads(text)
            if tree["error"]:
                raise Refused("a query is one SELECT, and nothing else")
            return statement, _Reader(_consistent(connection)).tables(tree["statements"])
        except duckdb.Error as error:
            raise Refused(reason_of(error)) from None
        except RecursionError:  # in the parser, or in the reader, which nests deeper than the text does
            raise Refused("the query is nested too deeply") from None


def _consistent(connection: duckdb.DuckDBPyConnection) -> dict[str, bool]:
    """Map function name → True if all forms of it are allowed inside an expression."""
    rows = connection.execute(
        "SELECT function_name, bool_and(CASE function_type WHEN 'scalar' THEN stability = 'CONSISTENT' ELSE"
        " function_type NOT IN ('table', 'pragma', 'table_macro') OR function_name IN ('range', 'generate_series',"
        " 'unnest', 'repeat', 'lag', 'lead') END), bool_or(function_type = 'macro')"
        " FROM duckdb_functions() GROUP BY ALL"
    ).fetchall()
    return {
        name: name in _VARYING
        or (bool(allowed) and not name.startswith("__") and name not in _REFUSED)
        and not (is_macro and name.startswith(_MACROS_ABOUT_SURROUNDINGS))
        for name, allowed, is_macro in rows
    }


class _Reader:
    def __init__(self, functions: dict[str, bool]) -> None:
        self._functions = functions

    def tables(self, tree: Any) -> list[str]:
        return sorted(set(self._walk(tree, frozenset())))

    def _walk(self, item: Any, own: frozenset[str]) -> Iterator[str]:
        """Yield the tables of a node. ``own``: the names of WITH that are known here, in lower case."""
        if isinstance(item, list):
            for part in item:
                yield from self._walk(part, own)
        elif isinstance(item, dict):
            yield from self._walk_part(item, own)

    def _walk_part(self, part: dict[str, Any], own: frozenset[str]) -> Iterator[str]:
        rest = dict(part)
        if "cte_map" in part:
            if part["type"] not in _NODES:
                raise Refused("a query is one SELECT, and nothing else")
            for entry in rest.pop("cte_map")["map"]:
                yield from self._walk(entry["value"], own)
                own |= {entry["key"].lower()}
            if part["type"] == "RECURSIVE_CTE_NODE":
                own |= {part["cte_name"].lower()}
        elif "sample" in part and "type" in part:
            yield from self._table(part, own)
            if part["type"] == "TABLE_FUNCTION":
                function = rest.pop("function")
                self._check_function(function, _TABLE_FUNCTIONS.__contains__)
                rest["arguments"] = [value for key, value in function.items() if isinstance(value, (dict, list))]
        elif part.get("class") == "PARAMETER":
            raise Refused("a query has no parameters")
        if "function_name" in rest and "class" in rest:
            self._check_function(rest, lambda name: self._functions.get(name, False) or not name[0].isalpha())
        for value in rest.values():
            yield from self._walk(value, own)

    def _table(self, table: dict[str, Any], own: frozenset[str]) -> Iterator[str]:
        if table["type"] not in _TABLES:
            raise Refused("DESCRIBE, SHOW and the like are not allowed in a query")
        if table["type"] == "BASE_TABLE":
            name, places = table["table_name"], (table["schema_name"], table["catalog_name"])
            if any(places):
                whole = ".".join([*filter(None, reversed(places)), name])
                raise Refused(f"there is no table '{whole}'")
            if name.lower() not in own:
                yield name

    def _check_function(self, function: dict[str, Any], allowed: Any) -> None:
        name = str(function["function_name"]).lower()
        # The part before a dot is a schema or, as in text.lower(), a column, so only the name itself counts.
        if function.get("catalog") or not allowed(name):
            raise Refused(f"the function {name} is not allowed in a query")
