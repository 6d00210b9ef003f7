"""LightGBM is imported without scikit-learn, which stays there for those who ask for it."""

import subprocess
import sys
from pathlib import Path


def test_scikit_learn_is_not_imported_along_and_can_be_imported_afterwards(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from batch_assets.models._lightgbm import lightgbm

folder = Path(sys.argv[1])
(folder / "sklearn").mkdir()
(folder / "sklearn" / "__init__.py").write_text("print('imported')")
sys.path.insert(0, str(folder))
assert lightgbm() is lightgbm() is sys.modules["lightgbm"]
print("LightGBM")
import sklearn
"""
    told = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["LightGBM", "imported"]
