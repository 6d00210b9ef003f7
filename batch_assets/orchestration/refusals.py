"""Reporting the batches that could not be published: in one line, with days and reasons."""

from collections.abc import Sequence

from ..partitions import name_days
from ..warehouse.plan import Refusal

_MOST_REASONS = 3


def tell_refused(asset: str, refused: Sequence[Refusal], asked: int) -> str:
    """Return a message that says which of the requested batches were not published, and why; it gives only the first few reasons."""
    if asked == 1:
        return f"{asset}: {refused[0].error}"
    reasons = list(dict.fromkeys(str(refusal.error).removesuffix(".") for refusal in sorted(refused, key=lambda refusal: refusal.day)))
    told = "; ".join(reasons[:_MOST_REASONS]) + f"; and {len(reasons) - _MOST_REASONS} more reasons" * (len(reasons) > _MOST_REASONS)
    return f"{asset}: {len(refused)} of {asked} batches were not published ({name_days(refusal.day for refusal in refused)}): {told}."
