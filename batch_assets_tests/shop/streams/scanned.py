"""Pieces on each shelf, as scanners send them."""

import os

from batch_assets.streams.stream import Stream

scanned = Stream("scanned", "streams/scanned", "scanned", lambda: os.environ["SHOP_BROKERS"], every=1)
