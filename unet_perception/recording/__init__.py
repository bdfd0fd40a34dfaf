# SPDX-License-Identifier: Apache-2.0
"""Recording pairs of picture and mask: the plan, the files, and the drive that fills them."""
