# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver: its study loop decides which trial gets which free worker, and what becomes of each task."""
