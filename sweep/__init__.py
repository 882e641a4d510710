# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies: what is searched, how it is run, what is kept of it, and what is reported.

    from sweep import Study

The modules are used one by one (`sweep.study.study_file`, `sweep.study.space`, `sweep.engine.driver`, ...): importing
one does not start, or even import, what only another one needs.
"""

from sweep._api import Study

__all__ = ["Study"]
