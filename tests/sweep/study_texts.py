# SPDX-License-Identifier: GPL-3.0-or-later
"""Study files for the tests, and a writer of TOML."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

STUDY = """\
version = 2
name = "sine-3-8-1"

[network]
layers = [3, 8, 1]

[task]
name = "sine"
points = 4
held_out = 4

[training]
epochs = 2
weight_seed = 7
temperature = "27 C"

[design.synapse]
width_n = ["0.5 um", "1 um"]

[design.timing]
edge = "2 us"

[space]
"nudge.conductance"         = { low = "50 uS", high = "5 mS", log = true }
"synapse.multiplicity"      = { low = 1, high = 8 }
"amplifier.clamp_low"       = { low = "-0.6 V", high = "0.4 V", step = "50 mV" }
"synapse.flavour"           = { choices = ["01v8", "01v8_hvt"] }
"update.scale"              = { low = "1 1/V", high = "300 1/V", log = true, per_layer = true }
"amplifier.gain_forward[1]" = { low = 1.5, high = 6.0 }
"amplifier.gain_backward"   = { ratio_of = "amplifier.gain_forward", low = 0.1, high = 1.0, log = true }
"synapse.width_p"           = { ratio_of = "synapse.width_n", value = 3.1 }
"timing.guard"              = { tie = "timing.edge" }

[search]
sampler = "tpe"
trials = 20
pruner = { kind = "median", startup_trials = 3 }

[execution]
simulator = "ngspice"
epoch_time_limit = "300 s"
"""

LADDER = """
[ladder]
reduction_factor = 3

[[ladder.rungs]]
kind = "device"

[[ladder.rungs]]
kind = "gradient"
points = 8

[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
seeds = 3
aggregate = "median"
require = 0.9

[[ladder.rungs]]
kind = "training"
simulator = "transient"
epochs = 1
reduction_factor = 2

[[ladder.rungs]]
kind = "training"
simulator = "transient"
weight_seeds = [5, 6]
"""

ROBUST = """
[scenarios]
corners = ["tt", "ss"]
temperatures = ["-40 C", "27 C"]
mismatch_seeds = [1, 2]
weight_seeds = [7, 8]
noise_seeds = [0, 1]
data_seeds = [0]
aggregate = "cvar"
alpha = 0.25
threshold = 0.2
pruner = "wilcoxon"
p_threshold = 0.2
startup_scenarios = 3
reduction_factor = 2
require = 0.5

[search]
objectives = { nmse = "minimize" }
constraints = { energy = { max = "10 pJ" }, yield = { min = 0.5 } }
start = ["original", "points.csv"]
stop = { wall_time = "60 s", simulated = "1 s", stagnation = 5, expected_improvement = 0.01 }
"""

DESIGN = """\
version = 2
name = "best"

[network]
layers = [3, 8, 1]

[task]
name = "sine"

[design.synapse]
flavour = "01v8_lvt"
length_p = "0.35 um"

[design.amplifier]
bandwidth = "inf Hz"

[design.update]
scale = ["20 1/V", "3/V"]

[provenance]
anything = "at all"

[metrics]
nmse = 0.05
"""

# The same two files as version 1 had them.

OLD_STUDY = """\
version = 1
name = "sine-3-8-1"

[network]
layers = [3, 8, 1]

[task]
name = "sine"
points = 4
held_out = 4

[training]
epochs = 2
weight_seed = 7
temperature = "27 C"

[design]
width_n = ["0.5 um", "1 um"]
edge = "2 us"

[space]
nudge_conductance = { low = "50 uS", high = "5 mS", log = true }
multiplicity      = { low = 1, high = 8 }
clamp_low         = { low = "-0.6 V", high = "0.4 V", step = "50 mV" }
flavour           = { choices = ["01v8", "01v8_hvt"] }
update_scale      = { low = "1 1/V", high = "300 1/V", log = true, per_layer = true }
"gain_forward[1]" = { low = 1.5, high = 6.0 }
gain_backward     = { ratio_of = "gain_forward", low = 0.1, high = 1.0, log = true }
width_p           = { ratio_of = "width_n", value = 3.1 }
guard             = { tie = "edge" }

[search]
sampler = "tpe"
trials = 20
pruner = { kind = "median", startup_trials = 3 }

[execution]
simulator = "ngspice"
epoch_time_limit = "300 s"
"""

OLD_DESIGN = """\
version = 1
name = "best"

[network]
layers = [3, 8, 1]

[task]
name = "sine"

[design]
flavour = "01v8_lvt"
length_p = "0.35 um"
amplifier_bandwidth = "inf Hz"
update_scale = ["20 1/V", "3/V"]

[provenance]
anything = "at all"

[metrics]
nmse = 0.05
"""


def tables(text: str = STUDY) -> dict[str, Any]:
    """A file as nested tables, to be changed and written again with `toml`."""
    return tomllib.loads(text)


def with_value(path: str, value: object, text: str = STUDY) -> str:
    """A file with one value set; None removes the key.

    `path` is as TOML writes it: `space."amplifier.clamp_low".low`.
    """
    content = tables(text)
    *above, last = (quoted or bare for quoted, bare in re.findall(r'"([^"]+)"|([^."]+)', path))
    table: Any = content
    for key in above:
        table = table.setdefault(key, {})
    if value is None:
        del table[last]
    else:
        table[last] = value
    return toml(content)


def toml(content: Mapping[str, Any]) -> str:
    """Nested tables as TOML, all but the top level as inline tables."""
    return "".join(f"{_key(key)} = {_value(value)}\n" for key, value in content.items())


def _key(key: str) -> str:
    return _text(key)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items())
        return "{ " + inner + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return repr(value)
