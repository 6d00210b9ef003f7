"""How batches that could not be made are told: in one line, with days and reasons."""

from collections.abc import Sequence

from ..partitions import name_days
from ..warehouse.plan import Refusal

_MOST_REASONS = 3


def tell_refused(asset: str, refused: Sequence[Refusal], asked: int) -> str:
    """Return which of so many batches were not published, and why; a few reasons of many."""
    if asked == 1:
        return f"{asset}: {refused[0].error}"
    reasons = list(dict.fromkeys(str(refusal.error) for refusal in sorted(refused, key=lambda refusal: refusal.day)))
    told = "; ".join(reasons[:_MOST_REASONS]) + f"; and {len(reasons) - _MOST_REASONS} more reasons" * (len(reasons) > _MOST_REASONS)
    return f"{asset}: {len(refused)} of {asked} batches were not published ({name_days(refusal.day for refusal in refused)}): {told}"
