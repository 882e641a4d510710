# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of a study: their files, their storage, and how they are read."""
