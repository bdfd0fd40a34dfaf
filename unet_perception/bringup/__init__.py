# SPDX-License-Identifier: Apache-2.0
"""What runs: processes, parameters and remaps, described once for ``ros2 launch`` and the demo."""
