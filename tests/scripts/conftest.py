"""Scripts are no package that is installed: their folder is where Python looks for `benchmark`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
