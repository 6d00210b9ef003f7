"""Spark for tests: the one that the setting `spark` names, by default the engine that is embedded in the process. No library, no tests."""

import pytest

from batch_assets.settings import EMBEDDED, settings

pytest.importorskip("pyspark", reason="the extra spark is not installed: pip install 'batch_assets[spark]'")
if settings.spark == EMBEDDED:
    pytest.importorskip("pysail", reason="the extra spark is not installed: pip install 'batch_assets[spark]'")
