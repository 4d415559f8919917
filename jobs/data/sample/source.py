"""The definition of the built-in sample source. Plain data, so that the settings can import it."""

from pathlib import Path
from typing import Any

SAMPLE_TABLES = ("transactions", "customers", "products", "web_analytics")

_ORDERS = """
    SELECT
        transactions.order_id, transactions.order_date, products.category, products.product,
        customers.region, customers.segment, transactions.quantity, transactions.unit_price, transactions.value,
        web_analytics.channel, web_analytics.device, web_analytics.pages_viewed, web_analytics.seconds_on_site
    FROM transactions
    JOIN customers USING (customer_id)
    JOIN products USING (product_id)
    LEFT JOIN web_analytics USING (visit_id)
"""


def sample_source(folder: Path) -> dict[str, Any]:
    """Build the entry of ``STREAMER_SOURCES`` that reads the sample tables in ``folder``: one row per order."""
    return {
        "label": "Sample orders (generated)",
        "description": "Orders of an invented shop, 2023 to 2025. Made from a fixed seed; no real customer or sale.",
        "files": {table: str(folder / f"{table}.parquet") for table in SAMPLE_TABLES},
        "query": _ORDERS,
        "date": "order_date",
        "value": "value",
        "category": "category",
        "region": "region",
        "table_dates": {"transactions": "order_date", "web_analytics": "visit_date"},
    }
