"""The real settings, on a channel layer that loses a third of what it is given and mixes up the rest."""

from streamer_site.settings import *  # noqa: F403
from streamer_site.settings import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.chaos.tests.lossy_layer.LossyPubSubLayer"
CHANNEL_LAYERS["default"]["CONFIG"] |= {
    "seed": 7,
    "losses": {"drop": 0.3, "double": 0.2, "reorder": 0.2, "delay": 0.3, "longest_delay_seconds": 0.5},
}
