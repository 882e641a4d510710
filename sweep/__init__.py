# SPDX-License-Identifier: GPL-3.0-or-later
"""Studies: what is searched, how it is run, what is kept of it, and what is reported.

    from sweep import Study

The modules are used one by one (`sweep.study.study_file`, `sweep.study.space`, `sweep.driver.driver`, ...): importing
one does not start, or even import, what only another one needs.
"""

from sweep import _current_directory

_current_directory.leave_out()

from sweep._api import Study  # noqa: E402 - only now modules are found where they should be

__all__ = ["Study"]
