# SPDX-License-Identifier: GPL-3.0-or-later
"""The workers: tasks, the executor that runs them, and the nodes. Only this package imports Ray."""
