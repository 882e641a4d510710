# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts a program that dies with its parent; used where util-linux is not installed.

Run as a script, on its own: `python -I -S _launch.py ADDRESS_SPACE CPU_SECONDS PROGRAM ARGUMENT...`
(0 for no limit). It replaces itself by the program, so the process id stays the same.
"""

import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGKILL at the parent's death, set the limits, execute the program."""
    parent = os.getppid()
    address_space, cpu_seconds, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)
    for limit, value in (
        (resource.RLIMIT_AS, int(address_space)),
        (resource.RLIMIT_CPU, int(cpu_seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        if value or limit == resource.RLIMIT_CORE:
            resource.setrlimit(limit, (value, value))
    try:
        os.execvp(command[0], command)  # noqa: S606
    except OSError as error:
        print(f"failed to execute {command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201
        sys.exit(127)


if __name__ == "__main__":
    main()
