# SPDX-License-Identifier: GPL-3.0-or-later
"""How a study runs: the driver that asks and tells, the executor on Ray, the events they emit."""
