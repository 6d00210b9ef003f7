"""Planned promotions, which merchandising offers by an API."""

from ..settings import settings
from .api import Api

promotions = Api(
    name="promotions",
    pattern="merchandising/promotions/{day}.json.gz",
    records="promotions",
    address=lambda: settings.promotions_api,
)
