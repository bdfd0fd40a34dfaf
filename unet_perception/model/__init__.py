# SPDX-License-Identifier: Apache-2.0
"""The U-Net, its bundle on disk, and weights from elsewhere."""
