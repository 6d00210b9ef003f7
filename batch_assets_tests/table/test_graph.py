"""The graph of a package: found by its folders, in the order of what reads what."""

import pytest

from batch_assets.errors import DefinitionError
from batch_assets.settings import settings
from batch_assets.table.graph import Graph, configured_graph

from .. import shop

SHOP = Graph(shop.PACKAGE)


def names(*wanted: str) -> list[str]:
    """Return the tables of these names and what they read, in order."""
    return [table.name for table in SHOP.with_upstreams(list(wanted))]


def test_every_file_of_a_layer_is_found_by_its_name() -> None:
    assert [source.name for source in SHOP.sources()] == ["counts", "shelves"]
    assert [table.asset for table in SHOP.tables()] == [
        "marts.kind_counts",
        "marts.shelf_counts",
        "marts.shelf_kinds",
        "features.next_days",
        "features.recent_counts",
        "models.mean_model",
        "predictions.expected_counts",
    ]


def test_a_table_comes_after_all_that_it_reads() -> None:
    order = [table.name for table in SHOP.in_order()]
    assert sorted(order) == sorted(table.name for table in SHOP.tables())
    assert [(table.name, read) for table in SHOP.tables() for read in table.tables if order.index(read) > order.index(table.name)] == []


def test_tables_are_chosen_with_all_that_they_read() -> None:
    assert names("shelf_counts") == ["shelf_counts"]
    assert set(names("recent_counts")) == {"shelf_counts", "shelf_kinds", "kind_counts", "recent_counts"}
    assert names("recent_counts")[-2:] == ["kind_counts", "recent_counts"]
    assert set(names("expected_counts")) == {table.name for table in SHOP.tables()}
    assert names("kind_counts", "shelf_counts", "kind_counts") == names("kind_counts")


def test_names_of_no_table_are_told_with_those_that_there_are() -> None:
    with pytest.raises(DefinitionError, match=r"^there is no table counts, shelf_count; the tables are expected_counts, .*shelf_kinds\.$"):
        SHOP.with_upstreams(["shelf_count", "kind_counts", "counts"])


@pytest.mark.parametrize("package", ["no_such_package", "no_such_package.inside", "batch_assets_tests.no_such_package", "json.decoder"])
def test_a_package_that_is_not_there_is_told_with_the_setting(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setattr(settings, "graph", package)
    with pytest.raises(DefinitionError, match=rf"^there is no package {package}; the setting graph names the package that has the folders lake, marts, "):
        list(configured_graph().tables())


def test_the_setting_names_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "graph", shop.PACKAGE)
    assert [table.function for table in configured_graph().tables()] == [table.function for table in SHOP.tables()]
