# SPDX-License-Identifier: GPL-3.0-or-later
"""What each command does, free of terminals; the Python API and the command line use it."""
