# SPDX-License-Identifier: GPL-3.0-or-later
"""What a study leaves: its files, its storage, and how they are read again."""
