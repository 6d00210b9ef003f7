"""Erasing a customer, as the command does: without `is_executed`, the run's log only says where the customer is known."""

import dagster as dg
from pydantic import Field

from ..errors import BatchError
from ..orchestration.erase import erase_asked
from ..orchestration.resource import WarehouseResource


class Customer(dg.Config):
    """Whom to erase."""

    customer: str | None = Field(
        None, description="a customer_id, or SOURCE:KEY of one of the customer's records; without it, what was begun and not finished is brought to its end"
    )
    is_executed: bool = Field(False, description="whether it is done, which cannot be undone, or only told what would be")
    by: str = Field("", description="who asked for it, for the certificate")
    reason: str = Field("", description="why, for the certificate; nothing personal")


@dg.op(description="Finds all that is known of a customer and, if is_executed, erases what is personal in it and writes a certificate.")
def erase_customer(context: dg.OpExecutionContext, config: Customer, warehouse: WarehouseResource) -> None:
    """Erase a customer; the run's log says what is done, and has nothing personal."""
    try:
        erase_asked(warehouse, context.instance, config.customer, config.by, config.reason, context.log.info, is_executed=config.is_executed)
    except (BatchError, RuntimeError) as error:
        raise dg.Failure(str(error), allow_retries=False) from error


@dg.job(name="erase", description="Erases a customer: whatever is personal goes, from raw files to predictions, and a certificate says what. Started by hand.")
def erase() -> None:
    """Erase a customer."""
    erase_customer()
