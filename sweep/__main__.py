# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sweep`."""

from sweep.cli import main

main()
