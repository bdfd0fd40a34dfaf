# SPDX-License-Identifier: Apache-2.0
"""What every server of this package needs."""
