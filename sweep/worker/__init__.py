# SPDX-License-Identifier: GPL-3.0-or-later
"""The workers: the only room that knows Ray. Tasks, the executor that runs them, and the nodes it runs them on."""
