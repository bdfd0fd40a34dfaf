# SPDX-License-Identifier: Apache-2.0
"""``python -m unet_perception.cli VERB``: the commands without an install step."""

from unet_perception.cli.main import main

raise SystemExit(main())
