"""Receipt lines, as tills send them that send events: a line each, with the store's number as its key."""

from ..settings import settings
from .stream import Stream

tills = Stream("tills", "sales/events", "tills", lambda: settings.till_brokers)
