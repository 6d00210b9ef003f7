"""Pieces that were put on each shelf, as a subscription delivers them."""

import os

from batch_assets.streams.stream import Subscription

shelved = Subscription("shelved", "streams/shelved", lambda: os.environ["SHOP_SUBSCRIPTION"], every=1)
