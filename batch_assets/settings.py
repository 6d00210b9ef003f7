"""All settings, in one place.

Each has a default that suits the demo. Override it with an environment variable, or a line in a file `.env`, named
`BATCH_ASSETS_` plus the setting's name in capitals: `BATCH_ASSETS_TIME_ZONE=Europe/Berlin`.

The file is that of the working directory or, if there is none, of the project's folder. Dagster's command line loads the former into the
environment before this is read, over what was there. So the file takes precedence here, too, and a setting with different values in the
two is refused. A relative path starts at the file's folder, or, from the environment, at the working directory.
"""

import datetime as dt
import hashlib
import os
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil.rrule import rrulestr
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

PROJECT = Path(__file__).parents[1]
"""The folder that the package lies in, which has `data`."""

_DATA = PROJECT / "data"
_PREFIX = "BATCH_ASSETS_"
_PATHS = ("lake", "warehouse", "published", "models", "staging")

EMBEDDED = "embedded"
"""The address of the Spark engine that runs in the process itself."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _day(text: object) -> object:
    """Return the day that a text names; any other text as it is."""
    try:
        return dt.date.fromisoformat(text) if isinstance(text, str) else text
    except ValueError:
        return text


def settings_file() -> Path | None:
    """Return the file of settings that counts: `.env` of the working directory, or else of the project's folder."""
    return next((path for path in (Path.cwd() / ".env", PROJECT / ".env") if path.is_file()), None)


def told_in_file() -> dict[str, str]:
    """Return what the file of settings says, by name; other programs' settings may be among it."""
    path = settings_file()
    return {name: value for name, value in dotenv_values(path).items() if value is not None} if path else {}


class Closing(BaseModel):
    """When people knew that the store is closed on a day, or on the days of a rule.

    Attributes:
        known_on: the first batch day that knew of it; None if it was always known.
        withdrawn_on: the first batch day that knew that the store opens after all; None if it was not withdrawn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    known_on: dt.date | None = None
    withdrawn_on: dt.date | None = None


_SECRET = frozenset({"pseudonym_salt"})
"""Settings of which receipts, plans and code versions show a hash alone."""


class Settings(BaseSettings):
    """Where things are, and the store's calendar."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_parse_none_str="null", extra="ignore")

    lake: Path = Field(_DATA / "lake", description="folder of the raw daily files")
    warehouse: Path | str = Field(
        _DATA / "warehouse.duckdb",
        description="where every table is kept: a DuckDB file, or, as a name without a suffix or a URL such as s3://bucket/warehouse, a folder of Delta tables",
    )
    published: Path = Field(_DATA / "published", description="folder of the prediction tables' Parquet files")
    models: Path = Field(_DATA / "models", description="folder of the trained models, one subfolder per version")

    engine: Literal["duckdb", "spark"] = Field("duckdb", description="what makes rows; the rows are the same")
    spark: str = Field(
        EMBEDDED,
        description="where Spark is: sc://HOST:PORT (Spark Connect), a master such as spark://HOST:7077, or embedded in the process",
    )
    spark_options: dict[str, str] = Field({}, description='options of Spark\'s session, as JSON: {"spark.sql.shuffle.partitions": "64"}')
    staging: Path = Field(_DATA / "staging", description="folder that Spark's workers share, for rows on their way to Spark and back")

    graph: str = Field("batch_assets", description="the package that contains the graph, in its folders lake, marts, features, models, predictions and checks")

    time_zone: str = Field("America/New_York", description="the store's time zone, by whose clock a batch day ends")
    day_ends_at: dt.time = Field(dt.time(0), lt=dt.time(12), description="time of the next morning, by the store's clock, at which a batch day ends")
    minutes_ahead: int = Field(
        0, ge=0, le=720, description="minutes that a till's clock may be ahead: sales stamped so long after the batch day are of that day"
    )
    first_day: dt.date = Field(dt.date(2017, 1, 1), description="first batch day of the calendar")
    last_day: dt.date | None = Field(dt.date(2017, 12, 31), description="last batch day; null for an open-ended calendar")
    closed_days: dict[dt.date | str, Closing] = Field(
        {dt.date(2017, 12, 25): Closing()},
        description='days, and recurrence rules of days, on which the store is closed, and when that was known, as JSON: {"2017-12-25": {}}',
    )

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
        description="holidays that customers stock up for, as JSON: name and recurrence rule (RFC 5545, plus dateutil's BYEASTER)",
    )

    promotions_api: str = Field("http://127.0.0.1:8765/promotions", description="URL from which `land promotions` fetches the planned promotions")

    till_brokers: str = Field("127.0.0.1:9092", description="addresses, as HOST:PORT,…, of the brokers of Kafka from which `land tills` lands receipt lines")

    retrain_weekday: Weekday = Field("Monday", description="the weekday whose batch retrains the models")
    min_training_days: int = Field(120, ge=30, description="minimum days of history needed to train a model")
    publication_bytes: int = Field(32 << 20, gt=0, description="bytes that one publication may hold in memory; longer ranges are split, each part atomic")
    memory_limit: str | None = Field(
        None,
        pattern=r"^\d+(\.\d+)? ?[KMGT]i?B$",
        description="memory that DuckDB may use, such as 4GB, before it puts rows on the disk; null for its own default, 80 % of the machine's",
    )
    accept_rejects: dict[str, frozenset[dt.date]] = Field(
        {},
        description='batches that may have far more rejected rows than their table usually has, as JSON: {"marts.till_lines": ["2017-01-05"]}',
    )
    keep_days: int = Field(90, ge=0, description="days for which `prune` keeps trained models that nothing needs any more")
    pseudonym_salt: str = Field("demo", min_length=1, description="secret that pseudonyms of customers are made with; whoever knows it can recognize a name")
    lock_timeout: float = Field(900, gt=0, description="seconds to wait for another process that holds the warehouse")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where values are looked for, in this order."""
        return init_settings, DotEnvSettingsSource(settings_cls, env_file=settings_file()), env_settings

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{name!r} is not a time zone of the IANA database such as Europe/Berlin") from None
        return name

    @field_validator("closed_days", mode="before")
    @classmethod
    def _by_day_or_rule(cls, closed: Any) -> Any:
        """Take a list, too, of what was always known; tell days from rules."""
        given = closed if isinstance(closed, dict) else dict.fromkeys(closed, Closing())
        return {_day(name): closing for name, closing in given.items()}

    @field_validator("closed_days")
    @classmethod
    def _are_days_or_rules(cls, closed: dict[dt.date | str, Closing]) -> dict[dt.date | str, Closing]:
        for rule in closed:
            try:
                if isinstance(rule, str):
                    rrulestr(rule)
            except ValueError:
                raise ValueError(f"{rule!r} is neither a day such as 2017-12-25 nor a recurrence rule such as FREQ=WEEKLY;BYDAY=SU") from None
        return closed

    @field_validator("shopping_holidays")
    @classmethod
    def _are_rules(cls, holidays: dict[str, str]) -> dict[str, str]:
        for name, rule in holidays.items():
            try:
                rrulestr(rule)
            except ValueError:
                raise ValueError(f"{name}: {rule!r} is not a recurrence rule such as FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24") from None
        return holidays

    @model_validator(mode="after")
    def _is_a_calendar(self) -> Self:
        if self.last_day and self.last_day < self.first_day:
            raise ValueError(f"last_day {self.last_day} is before first_day {self.first_day}; set both, or last_day to null for an open-ended calendar")
        return self

    @model_validator(mode="after")
    def _are_all_known(self) -> Self:
        known = {f"{_PREFIX}{name}".upper() for name in type(self).model_fields}
        for where, names in (("", os.environ), (f" in {settings_file()}", told_in_file())):
            if unknown := sorted(name for name in names if name.upper().startswith(_PREFIX) and name.upper() not in known):
                raise ValueError(f"no such setting: {', '.join(unknown)}{where}; the settings are {', '.join(sorted(known))}")
        return self

    @model_validator(mode="after")
    def _has_one_value_each(self) -> Self:
        environment = {name.upper(): value for name, value in os.environ.items()}
        for name, value in told_in_file().items():
            if name.upper().startswith(_PREFIX) and environment.get(name.upper(), value) != value:
                raise ValueError(f"{name} is {environment[name.upper()]!r} in the environment and {value!r} in {settings_file()}; remove one of them")
        return self

    @model_validator(mode="after")
    def _begin_at_a_folder(self) -> Self:
        in_file = {name.upper() for name in told_in_file()}
        for name in _PATHS:
            file = settings_file() if f"{_PREFIX}{name}".upper() in in_file else None
            if not (name == "warehouse" and "://" in str(self.warehouse)):
                setattr(self, name, (file.parent if file else Path.cwd()) / getattr(self, name))
        return self

    def written(self, name: str) -> str:
        """Return a setting's value as text; sets, and days that are closed, are sorted, so the text is always the same. Of a secret, its hash."""
        value = getattr(self, name)
        if name in _SECRET:
            return f"secret with hash {hashlib.sha256(str(value).encode()).hexdigest()[:12]}"
        if isinstance(value, frozenset):
            return str(sorted(map(str, value)))
        return str(sorted(f"{day}: {closing}" for day, closing in value.items())) if name == "closed_days" else str(value)

    def outside(self, day: dt.date) -> str | None:
        """Return a message if a day is outside the calendar, else None."""
        if day < self.first_day or (self.last_day and day > self.last_day):
            return f"{day} is outside the calendar, {self.first_day} to {self.last_day}: see the settings first_day and last_day"
        return None

    @property
    def zone(self) -> ZoneInfo:
        """The store's time zone."""
        return ZoneInfo(self.time_zone)


settings = Settings()
