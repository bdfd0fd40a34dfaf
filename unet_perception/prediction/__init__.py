# SPDX-License-Identifier: Apache-2.0
"""Pictures and videos in; masks, overlays, contact sheets and videos out."""
