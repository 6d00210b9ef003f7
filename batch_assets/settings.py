"""The settings, all of them, in one place.

Each has a default that suits the demo and is overridden by an environment variable, or a line in a file `.env`,
that is named `BATCH_ASSETS_` and the setting in capitals: `BATCH_ASSETS_TIME_ZONE=Europe/Berlin`.
"""

import datetime as dt
import os
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_DATA = Path(__file__).parents[1] / "data"

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Settings(BaseSettings):
    """Where things are, and which calendar the store keeps."""

    model_config = SettingsConfigDict(env_prefix="BATCH_ASSETS_", env_file=".env", env_parse_none_str="null", extra="ignore")

    lake: Path = Field(_DATA / "lake", description="folder of the raw daily files")
    warehouse: Path = Field(_DATA / "warehouse.duckdb", description="the DuckDB file that holds every table")
    published: Path = Field(_DATA / "published", description="folder of the prediction tables' Parquet files")
    models: Path = Field(_DATA / "models", description="folder of the trained models, one folder a version")

    graph: str = Field("batch_assets", description="the package whose folders lake, marts, features, models, predictions and checks hold the graph")

    time_zone: str = Field("America/New_York", description="the store's time zone; its midnight ends a batch day")
    first_day: dt.date = Field(dt.date(2017, 1, 1), description="first batch day of the calendar")
    last_day: dt.date | None = Field(dt.date(2017, 12, 31), description="last batch day; null for a calendar that goes on")
    closed_days: frozenset[dt.date] = Field(frozenset({dt.date(2017, 12, 25)}), description='days without a file, as JSON: ["2017-12-25"]')

    shopping_holidays: dict[str, str] = Field(
        {
            "New Year's Day": "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1",
            "Easter Sunday": "FREQ=YEARLY;BYEASTER=0",
            "Memorial Day": "FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO",
            "Independence Day": "FREQ=YEARLY;BYMONTH=7;BYMONTHDAY=4",
            "Labor Day": "FREQ=YEARLY;BYMONTH=9;BYDAY=1MO",
            "Thanksgiving Day": "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "Christmas Day": "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25",
        },
        description="holidays for which people stock up, as JSON: names and recurrence rules (RFC 5545, and BYEASTER as dateutil has it)",
    )

    retrain_weekday: Weekday = Field("Monday", description="the weekday whose batch trains the models anew")
    min_training_days: int = Field(120, ge=30, description="days of history below which no model is trained")
    publication_bytes: int = Field(32 << 20, gt=0, description="bytes that a publication may hold at once: a longer range is published in several, each whole")
    accept_rejects: dict[str, frozenset[dt.date]] = Field(
        {},
        description='batches that may have far more rejected rows than their table usually has, as JSON: {"marts.sales_lines": ["2017-01-05"]}',
    )
    lock_timeout: float = Field(900, gt=0, description="seconds to wait for another process that holds the warehouse")

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Berlin") from None
        return name

    @field_validator("shopping_holidays")
    @classmethod
    def _are_rules(cls, holidays: dict[str, str]) -> dict[str, str]:
        for name, rule in holidays.items():
            try:
                rrulestr(rule)
            except ValueError:
                raise ValueError(f"{name}: {rule!r} is no recurrence rule, such as FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24") from None
        return holidays

    @model_validator(mode="after")
    def _is_a_calendar(self) -> Self:
        if self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}; set both, or last_day to null for a calendar that goes on")
        return self

    @model_validator(mode="after")
    def _are_all_known(self) -> Self:
        prefix = str(self.model_config["env_prefix"])
        known = {f"{prefix}{name}".upper() for name in type(self).model_fields}
        if unknown := sorted(name for name in os.environ if name.upper().startswith(prefix) and name.upper() not in known):
            raise ValueError(f"no such setting: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
        return self

    def written(self, name: str) -> str:
        """Return a setting's value as text that does not depend on the order of a set."""
        value = getattr(self, name)
        return str(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)

    def outside(self, day: dt.date) -> str | None:
        """Return what is told of a day that is outside the calendar; None if it is not."""
        if day < self.first_day or (self.last_day and day > self.last_day):
            return f"{day} is outside the calendar, {self.first_day} to {self.last_day}: see the settings first_day and last_day"
        return None

    @property
    def zone(self) -> ZoneInfo:
        """The store's time zone."""
        return ZoneInfo(self.time_zone)


settings = Settings()
