# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m benchmarks`: all measurements, one after the other."""

from benchmarks import overhead, points, quasistatic

points.main()
quasistatic.main()
overhead.main()
