"""A trained model predicts the same through LightGBM's C interface, and by the extra `fast`, as through its Python package, without importing that."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import batch_assets.models._booster as module
from batch_assets.models._booster import CHECKED, Booster
from batch_assets.models._fast import fast_trees
from batch_assets.models._lightgbm import lightgbm

CHANCE = np.random.default_rng(7)
TABLE = CHANCE.normal(size=(2000, 4))
TABLE[::7, 1] = np.nan
TABLE[:, 3] = CHANCE.integers(0, 9, len(TABLE))


def trained(**parameters: object) -> str:
    """Return a model of the table, with a column of categories."""
    lgb = lightgbm()
    answer = np.abs(TABLE[:, 0] * np.where(TABLE[:, 3] > 4, 1, -1) + np.nan_to_num(TABLE[:, 1], nan=2))
    data = lgb.Dataset(TABLE, answer, categorical_feature=[3])
    return str(lgb.train({"verbose": -1, "num_threads": 1, "deterministic": True, **parameters}, data, 20).model_to_string())


@pytest.fixture(params=[False, True], ids=["LightGBM", "fast"])
def is_fast(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Let the extra be installed, or not."""
    if not request.param:
        monkeypatch.setattr(module, "fast_trees", lambda _model: None)
    return bool(request.param)


@pytest.mark.usefixtures("is_fast")
@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("objective", ["l1", "quantile", "poisson"])
def test_predictions_are_those_of_the_python_package_bit_for_bit(objective: str, kind: type[np.floating[Any]]) -> None:
    model = trained(objective=objective)
    table = np.vstack([TABLE, [[np.nan] * 4], [[1e30, -1e30, 0, 99]]]).astype(kind)
    expected = lightgbm().Booster(model_str=model).predict(table, num_threads=1)
    assert np.array_equal(Booster(model).predict(table), expected)
    assert np.array_equal(Booster(model).predict(np.asfortranarray(table)), expected)
    assert np.array_equal(Booster(model).predict(table[::2]), expected[::2])


@pytest.mark.usefixtures("is_fast")
def test_a_table_of_whole_numbers_is_one_of_numbers() -> None:
    model, whole = Booster(trained()), np.nan_to_num(TABLE * 10).astype(np.int32)
    assert np.array_equal(model.predict(whole), model.predict(whole.astype(np.float64)))


def test_the_extra_predicts_if_it_is_there(is_fast: bool) -> None:
    assert (Booster(trained())._fast is not None) == is_fast


@pytest.mark.parametrize("place", [0, CHECKED, 1984])
def test_a_prediction_that_is_not_lightgbms_is_not_used(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    def wrong(model: str) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
        right = fast_trees(model)
        assert right

        def predict(table: NDArray[Any]) -> NDArray[np.float64]:
            made = right(table)
            made[place] = np.nextafter(made[place], np.inf)
            return made

        return predict

    monkeypatch.setattr(module, "fast_trees", wrong)
    with pytest.raises(ValueError, match=r"pylignum predicts otherwise than LightGBM.* pip uninstall pylignum"):
        Booster(trained()).predict(TABLE)


@pytest.mark.usefixtures("is_fast")
def test_no_rows_have_no_predictions() -> None:
    assert Booster(trained()).predict(TABLE[:0]).shape == (0,)


@pytest.mark.usefixtures("is_fast")
def test_a_table_with_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="LightGBM: The number of features in data"):
        Booster(trained()).predict(TABLE[:, :3])


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="LightGBM: Model file doesn't specify"):
        Booster("no model")


def test_predicting_does_not_import_the_package() -> None:
    code = """
import sys
import numpy as np
from batch_assets.models._booster import Booster
assert Booster(sys.stdin.read()).predict(np.zeros((1, 4))).shape == (1,)
assert not {"lightgbm", "scipy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], input=trained(), check=True, text=True)
