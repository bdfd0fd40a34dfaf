# SPDX-License-Identifier: Apache-2.0
"""The live page: what a browser is sent, and the server that sends it."""
