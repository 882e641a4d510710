# SPDX-License-Identifier: GPL-3.0-or-later
"""The updates, by the name that a design gives them."""

from circuits.parts._registry import registry
from circuits.parts.updates._base import Update
from circuits.parts.updates._law import UpdateLaw, function
from circuits.parts.updates.difference import DifferenceUpdate
from circuits.parts.updates.product import ProductUpdate

UPDATES = registry(Update, "analog_sweep.updates", DifferenceUpdate, ProductUpdate)

__all__ = ["UPDATES", "DifferenceUpdate", "ProductUpdate", "Update", "UpdateLaw", "function"]
