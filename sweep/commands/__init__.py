# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands do, and how they speak to people and machines."""
