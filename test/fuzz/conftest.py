# SPDX-License-Identifier: Apache-2.0
"""The targets lie beside the package, in ``fuzz/``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
