#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of `tests.stand_in`: `ngspice -b -r out.raw deck.cir`, answered without a simulation.

Stored weights begin at their `.ic` and end a little beside it; all other signals are constant. All
follow from a checksum of the netlist. Standard library only: it starts in milliseconds.
"""

import json
import re
import sys
import time
import zlib
from array import array
from pathlib import Path

HERE = Path(sys.argv[0]).resolve().parent
SCALE = 1 << 32


def number_of(*words: object) -> float:
    """A number from 0 to 1 that follows from some words."""
    return zlib.crc32(repr(words).encode()) / SCALE


def main() -> None:
    behaviour = json.loads((HERE / "behaviour.json").read_text())
    if "--version" in sys.argv:
        sys.stdout.write(f"** ngspice-{behaviour['version']} : Circuit level simulation program\n")
        return
    raw, deck = sys.argv[sys.argv.index("-r") + 1], sys.argv[-1]
    # Where the models lie is not what they say.
    text = re.sub(r"^\.include .*$", "", Path(deck).read_text(), flags=re.MULTILINE)
    checksum = zlib.crc32(text.encode())
    with (HERE / "runs.log").open("a") as log:
        log.write(f"{checksum:08x}\n")
    slow = number_of("slow", checksum) < behaviour["slow_share"]
    time.sleep(behaviour["slow_seconds"] if slow else behaviour["seconds"])

    names = [
        name for line in re.findall(r"^\.save (.*)$", text, re.MULTILINE) for name in line.split()
    ]
    begun = {
        node: float(value)
        for node, value in re.findall(r"^\.ic v\((\S+)\)=(\S+)$", text, re.MULTILINE)
    }
    stop = float(re.search(r"^\.tran \S+ (\S+)", text, re.MULTILINE)[1])
    first, last = array("d", [0.0]), array("d", [stop])
    for name in names:
        drift = 0.01 * (number_of(name, checksum) - 0.5)
        node = name[2:-1]
        first.append(begun.get(node, 5.0 * drift))
        last.append(begun[node] + drift if node in begun else 5.0 * drift)
    variables = ["time", *names]
    header = [
        "Title: * stand-in", "Plotname: Transient Analysis", "Flags: real",
        f"No. Variables: {len(variables)}", "No. Points: 2", "Variables:",
        *(f"\t{index}\t{name}\tvoltage" for index, name in enumerate(variables)),
        "Binary:", "",
    ]  # fmt: skip
    Path(raw).write_bytes("\n".join(header).encode() + first.tobytes() + last.tobytes())
    sys.stdout.write("No. of Data Rows : 2\nTotal iterations = 2\n")


main()
