# SPDX-License-Identifier: GPL-3.0-or-later
"""Study files ready to run, and the best biasings found, each with its evidence."""
