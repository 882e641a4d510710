# SPDX-License-Identifier: GPL-3.0-or-later
"""The fingerprint of a study file is a recorded one: renaming classes or fields must not change it.

A study whose fingerprint has changed can no longer be resumed.
"""

from __future__ import annotations

from sweep.study.study_file import parse

STUDY = """
version = 2
name = "all that counts"
[network]
layers = [3, 2, 1]
[task]
name = "sine"
points = 2
held_out = 2
[training]
epochs = 4
corner = "ss"
[design.synapse]
flavour = "01v8_lvt"
length_p = "350 nm"
[space]
"nudge.conductance" = { low = "0.1 mS", high = "1 mS", log = true }
"update.scale" = { low = "1 1/V", high = "100 1/V", per_layer = true }
"amplifier.gain_backward" = { ratio_of = "amplifier.gain_forward", low = 0.1, high = 1.0 }
[search]
trials = 2
objectives = { nmse = "minimize", energy = "minimize" }
constraints = { energy = { max = "100 nJ" }, area = { max = "100000 um2" } }
[[ladder.rungs]]
kind = "device"
[[ladder.rungs]]
kind = "gradient"
points = 2
require = 0.97
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
epochs = 2
seeds = 2
[[ladder.rungs]]
kind = "training"
simulator = "quasistatic"
scenarios = true
[scenarios]
corners = ["tt", "ss"]
temperatures = ["-40 C", "85 C"]
mismatch_seeds = [1]
aggregate = "worst"
"""
DESCRIPTION = "2dc6349b15510030260080d8ad955f41790bfc17b406b6b8bbaedd1845accf45"


def test_the_fingerprint_of_a_study_stays_from_version_to_version() -> None:
    assert parse(STUDY, source="study.toml").description == DESCRIPTION
