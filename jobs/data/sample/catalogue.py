"""The catalogue of the sample's invented shop: products, regions and customers. All of it is made up."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Category:
    name: str
    share: float
    """The share of all orders, before season and region."""
    median_price: float
    price_spread: float
    """The sigma of the log-normal prices."""
    concentration: float
    """The lead of the best sellers: the exponent of Zipf's law."""
    season: tuple[float, ...]
    """Twelve factors, January to December."""
    products: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Region:
    name: str
    share: float
    growth: float
    """The growth per year, beside that of the whole shop."""
    spending: float
    taste: Mapping[str, float] = field(default_factory=dict)


CATEGORIES = (
    Category(
        name="Electronics",
        share=0.22,
        median_price=129,
        price_spread=0.85,
        concentration=0.7,
        season=(0.95, 0.9, 0.9, 0.9, 0.9, 0.95, 0.95, 1.0, 1.05, 1.0, 1.45, 1.35),
        products=(
            "Wireless earbuds",
            "Bluetooth speaker",
            "Smart watch",
            "USB-C charger",
            "Tablet 10 inch",
            "E-reader",
            "Noise-cancelling headphones",
            "Action camera",
            "Mechanical keyboard",
            "Portable monitor",
            "Game controller",
            "Wi-Fi router",
            "Dash camera",
            "Robot vacuum",
            "Smart bulb set",
            "Laptop 14 inch",
        ),
    ),
    Category(
        name="Clothing",
        share=0.26,
        median_price=39,
        price_spread=0.55,
        concentration=0.5,
        season=(0.85, 0.85, 1.05, 1.1, 1.1, 1.0, 0.95, 0.95, 1.15, 1.1, 1.05, 1.05),
        products=(
            "Cotton T-shirt",
            "Slim jeans",
            "Rain jacket",
            "Merino jumper",
            "Linen shirt",
            "Running tights",
            "Wool socks",
            "Summer dress",
            "Down vest",
            "Leather belt",
            "Chino trousers",
            "Hooded sweatshirt",
            "Knitted scarf",
            "Canvas trainers",
            "Polo shirt",
            "Winter coat",
        ),
    ),
    Category(
        name="Books",
        share=0.2,
        median_price=15,
        price_spread=0.4,
        concentration=0.8,
        season=(1.05, 0.95, 0.95, 0.9, 0.9, 0.95, 1.1, 1.15, 1.05, 0.95, 1.0, 1.3),
        products=(
            "Crime novel",
            "Cookery book",
            "Travel guide",
            "Picture book",
            "Science fiction novel",
            "Biography",
            "Gardening handbook",
            "Language course",
            "Graphic novel",
            "History of the sea",
            "Poetry collection",
            "Puzzle book",
            "Programming textbook",
            "Atlas",
            "Short stories",
            "Art catalogue",
        ),
    ),
    Category(
        name="Home",
        share=0.19,
        median_price=55,
        price_spread=0.75,
        concentration=0.5,
        season=(1.05, 0.95, 1.05, 1.1, 1.05, 0.95, 0.9, 0.9, 1.0, 1.05, 1.0, 1.05),
        products=(
            "Bed linen",
            "Desk lamp",
            "Cast-iron pan",
            "Storage basket",
            "Wall clock",
            "Coffee grinder",
            "Bath towel set",
            "Throw blanket",
            "Knife block",
            "Picture frame",
            "Indoor plant pot",
            "Bookshelf",
            "Memory-foam pillow",
            "Electric kettle",
            "Rug 160 x 230",
            "Office chair",
        ),
    ),
    Category(
        name="Sports",
        share=0.13,
        median_price=48,
        price_spread=0.7,
        concentration=0.6,
        season=(1.2, 0.95, 1.0, 1.1, 1.25, 1.3, 1.2, 1.05, 0.95, 0.8, 0.8, 0.85),
        products=(
            "Yoga mat",
            "Running shoes",
            "Water bottle",
            "Cycling helmet",
            "Dumbbell set",
            "Trekking poles",
            "Tennis racket",
            "Swimming goggles",
            "Football",
            "Camping tent",
            "Resistance bands",
            "Climbing harness",
            "Skipping rope",
            "Hiking backpack",
            "Paddle board",
            "Foam roller",
        ),
    ),
)

REGIONS = (
    Region(name="North", share=0.28, growth=1.0, spending=1.04, taste={"Home": 1.15, "Books": 1.1}),
    Region(name="South", share=0.31, growth=1.06, spending=0.94, taste={"Sports": 1.25, "Clothing": 1.1}),
    Region(name="East", share=0.17, growth=1.14, spending=0.9, taste={"Electronics": 1.15}),
    Region(name="West", share=0.24, growth=0.96, spending=1.12, taste={"Electronics": 1.1, "Books": 0.9}),
)

SEGMENTS = (("Consumer", 0.74, 0.35), ("Small business", 0.2, 0.9), ("Corporate", 0.06, 2.2))
"""Name, share of the customers, mean of the items in an order beyond the first."""
CHANNELS = (("Search", 0.38), ("Direct", 0.24), ("Email", 0.16), ("Social", 0.13), ("Referral", 0.09))
DEVICES = (("Phone", 0.56), ("Desktop", 0.36), ("Tablet", 0.08))
"""Name and share of the visits."""
