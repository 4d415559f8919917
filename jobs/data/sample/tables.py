"""Generates the sample tables: orders of an invented shop, 2023 to 2025, the same for the same seed.

The data is neither real nor fitted to real data. It is shaped like a shop's, so that reports over it look real. It
grows every year, and is busier at weekends and before Christmas. Each category has its own season and price spread.
The regions differ in size, growth and taste.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jobs.data.sample.catalogue import CATEGORIES, CHANNELS, DEVICES, REGIONS, SEGMENTS, Category

SEED = 20230101
FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)
ORDERS, CUSTOMERS, OTHER_VISITS = 220_000, 18_000, 130_000

_DAYS = (LAST_DAY - FIRST_DAY).days + 1
_YEARLY_GROWTH = 1.18
_WEEKEND = 1.3
# January to December; late November and the weeks before Christmas are busiest.
_MONTHS = np.array([0.92, 0.84, 0.93, 0.96, 1.0, 1.0, 0.94, 0.92, 1.0, 1.05, 1.32, 1.48])

Ints = npt.NDArray[np.int64]


def generate_tables(seed: int = SEED) -> dict[str, pa.Table]:
    """Generate the four tables by name, in a second or two."""
    random = np.random.default_rng(seed)
    customers, products = _customers(random), _products(random)
    days = _order_days(random)
    visits = _visits(random, days)
    transactions = _transactions(random, days, visits["order_visits"], customers, products)
    return {
        "transactions": pa.table(transactions),
        "customers": pa.table(customers["columns"]),
        "products": pa.table(products["columns"]),
        "web_analytics": pa.table(visits["columns"]),
    }


def _order_days(random: np.random.Generator) -> Ints:
    """Draw the day of each order, as days since the first one, in order."""
    day = np.arange(_DAYS)
    calendar = np.datetime64(FIRST_DAY) + day
    month = calendar.astype("datetime64[M]").astype(int) % 12
    weekend = (calendar.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    weight = _MONTHS[month] * _YEARLY_GROWTH ** (day / 365.25) * np.where(weekend, _WEEKEND, 1.0)
    weight *= random.lognormal(0, 0.08, _DAYS)
    return np.repeat(day, random.multinomial(ORDERS, weight / weight.sum()))


def _customers(random: np.random.Generator) -> dict[str, Any]:
    region = random.choice(len(REGIONS), CUSTOMERS, p=[region.share for region in REGIONS])
    segment = random.choice(len(SEGMENTS), CUSTOMERS, p=[share for _, share, _ in SEGMENTS])
    # A few customers order often, most seldom.
    activity = random.pareto(2.5, CUSTOMERS) + 0.2
    columns = {
        "customer_id": pa.array(np.arange(1, CUSTOMERS + 1)),
        "region": _names([region.name for region in REGIONS], region),
        "segment": _names([name for name, _, _ in SEGMENTS], segment),
        "joined_on": _dates(random.integers(-700, 0, CUSTOMERS)),
    }
    return {"columns": columns, "region": region, "segment": segment, "activity": activity}


def _products(random: np.random.Generator) -> dict[str, Any]:
    names = [product for category in CATEGORIES for product in category.products]
    category = np.repeat(np.arange(len(CATEGORIES)), [len(category.products) for category in CATEGORIES])
    median = np.array([category.median_price for category in CATEGORIES])[category]
    spread = np.array([category.price_spread for category in CATEGORIES])[category]
    price = np.round(random.lognormal(np.log(median), spread)) + 0.99
    columns = {
        "product_id": pa.array(np.arange(1, len(names) + 1)),
        "product": pa.array(names),
        "category": _names([category.name for category in CATEGORIES], category),
        "list_price": _money(np.round(price * 100).astype(np.int64)),
    }
    return {"columns": columns, "category": category, "price": price}


def _visits(random: np.random.Generator, order_days: Ints) -> dict[str, Any]:
    """Generate visits. Each order has a visit of its own; the other visits bought nothing."""
    other = random.choice(order_days, OTHER_VISITS)
    days = np.concatenate([order_days, other])
    bought = np.arange(days.size) < order_days.size
    order = np.argsort(days, kind="stable")
    visit_ids = np.empty(days.size, dtype=np.int64)
    visit_ids[order] = np.arange(1, days.size + 1)
    pages = 1 + random.poisson(np.where(bought, 7.0, 2.5))
    seconds = random.lognormal(np.log(25 * pages), 0.6).astype(np.int64) + 5
    channel = random.choice(len(CHANNELS), days.size, p=[share for _, share in CHANNELS])
    device = random.choice(len(DEVICES), days.size, p=[share for _, share in DEVICES])
    columns = {
        "visit_id": pa.array(np.arange(1, days.size + 1)),
        "visit_date": _dates(days[order]),
        "channel": _names([name for name, _ in CHANNELS], channel[order]),
        "device": _names([name for name, _ in DEVICES], device[order]),
        "pages_viewed": pa.array(pages[order]),
        "seconds_on_site": pa.array(seconds[order]),
        "bought": pa.array(bought[order]),
    }
    return {"columns": columns, "order_visits": visit_ids[: order_days.size]}


def _transactions(
    random: np.random.Generator, days: Ints, visits: Ints, customers: Mapping[str, Any], products: Mapping[str, Any]
) -> dict[str, pa.Array]:
    customer = _choose_customers(random, days, customers)
    region, segment = customers["region"][customer], customers["segment"][customer]
    category = _choose_categories(random, days, region)
    product = _choose_products(random, category)
    quantity = 1 + random.poisson(np.array([more for _, _, more in SEGMENTS])[segment])
    spending = np.array([region.spending for region in REGIONS])[region]
    price = products["price"][product] * spending * random.lognormal(-0.02, 0.12, days.size)
    cents = np.maximum(99, np.round(price * 100)).astype(np.int64)
    return {
        "order_id": pa.array(np.arange(1, days.size + 1)),
        "order_date": _dates(days),
        "visit_id": pa.array(visits),
        "customer_id": pa.array(customer + 1),
        "product_id": pa.array(product + 1),
        "quantity": pa.array(quantity),
        "unit_price": _money(cents),
        "value": _money(cents * quantity),
    }


def _choose_customers(random: np.random.Generator, days: Ints, customers: Mapping[str, Any]) -> Ints:
    """Draw the index of each order's customer. Regions grow at their own pace, year by year."""
    chosen = np.empty(days.size, dtype=np.int64)
    year = days // 366
    growth = np.array([region.growth for region in REGIONS])[customers["region"]]
    for number in np.unique(year):
        weight = customers["activity"] * growth**number
        orders = year == number
        chosen[orders] = random.choice(CUSTOMERS, orders.sum(), p=weight / weight.sum())
    return chosen


def _choose_categories(random: np.random.Generator, days: Ints, region: Ints) -> Ints:
    month = (np.datetime64(FIRST_DAY) + days).astype("datetime64[M]").astype(int) % 12
    season = np.array([category.season for category in CATEGORIES])
    taste = np.array([[region.taste.get(category.name, 1.0) for category in CATEGORIES] for region in REGIONS])
    share = np.array([category.share for category in CATEGORIES])
    weight = share * season[:, month].T * taste[region]
    limits = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    return np.asarray((random.random(days.size)[:, None] > limits).sum(axis=1), dtype=np.int64)


def _choose_products(random: np.random.Generator, category: Ints) -> Ints:
    """Draw the index of each order's product. Within a category the first ones sell best."""
    chosen, first = np.empty(category.size, dtype=np.int64), 0
    for number, definition in enumerate(CATEGORIES):
        orders = category == number
        rank = np.arange(1, len(definition.products) + 1)
        chosen[orders] = first + random.choice(rank.size, orders.sum(), p=_zipf(rank, definition))
        first += rank.size
    return chosen


def _zipf(rank: Ints, category: Category) -> npt.NDArray[np.float64]:
    weight = rank**-category.concentration
    return np.asarray(weight / weight.sum())


def _names(names: list[str], index: Ints) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), names).cast(pa.string())


def _dates(days: Ints) -> pa.Array:
    return pa.array((np.datetime64(FIRST_DAY) + days).astype("datetime64[D]"))


def _money(cents: Ints) -> pa.Array:
    """Convert whole cents to exact amounts, DECIMAL(12, 2)."""
    words = np.stack([cents, cents >> 63], axis=1)  # 128 bits each, low word first
    return pa.Array.from_buffers(pa.decimal128(12, 2), cents.size, [None, pa.py_buffer(words.tobytes())])
