"""The asset graph as Dagster shows it is the one that was meant: a snapshot says what a change of the code changes of it."""

import json
import os
from pathlib import Path

from batch_assets.orchestration.definitions import build_defs

SNAPSHOT = Path(__file__).with_name("graph.json")


def graph() -> dict[str, object]:
    """Return what the asset graph is: each asset's group, upstreams, checks, kinds and owners."""
    found = build_defs().resolve_asset_graph()
    return {
        node.key.to_user_string(): {
            "group": node.group_name,
            "reads": sorted(key.to_user_string() for key in node.parent_keys),
            "checks": sorted(key.name for key in node.check_keys),
            "kinds": sorted(node.kinds),
            "owners": sorted(node.owners),
            "described": bool(node.description),
        }
        for node in sorted(found.asset_nodes, key=lambda node: node.key)
    }


def test_the_graph_is_as_it_was_meant_to_be() -> None:
    """Update the snapshot with RENEW_GRAPH=1 when a change of the graph was meant."""
    found = json.dumps(graph(), indent=1) + "\n"
    if os.environ.get("RENEW_GRAPH"):
        SNAPSHOT.write_text(found)
    assert found == SNAPSHOT.read_text(), "the asset graph changed; if it was meant to, run RENEW_GRAPH=1 pytest batch_assets_tests/lake/test_graph.py"
