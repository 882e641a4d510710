# SPDX-License-Identifier: GPL-3.0-or-later
"""SPICE simulators behind one protocol: a `Deck` in, `Waveforms` or an `Outcome` out."""

from circuits.simulators._accuracy import Accuracy
from circuits.simulators._analysis import Analysis, DCSweep, OperatingPoint, Sweep, Transient
from circuits.simulators._deck import Deck
from circuits.simulators._find import Found, available, find
from circuits.simulators._ngspice import Ngspice
from circuits.simulators._not_found import SimulatorNotFound, SimulatorTooOld
from circuits.simulators._outcome import Cause, Outcome, Status, Verdict
from circuits.simulators._program import SpiceProgram
from circuits.simulators._protocol import SpiceSimulator
from circuits.simulators._records import Limits, SimulatorRun, Statistics, Waveforms
from circuits.simulators._registry import SIMULATORS
from circuits.simulators._self_test import self_test
from circuits.simulators._xyce import Xyce

__all__ = [
    "SIMULATORS",
    "Accuracy",
    "Analysis",
    "Cause",
    "DCSweep",
    "Deck",
    "Found",
    "Limits",
    "Ngspice",
    "OperatingPoint",
    "Outcome",
    "SimulatorNotFound",
    "SimulatorRun",
    "SimulatorTooOld",
    "SpiceProgram",
    "SpiceSimulator",
    "Statistics",
    "Status",
    "Sweep",
    "Transient",
    "Verdict",
    "Waveforms",
    "Xyce",
    "available",
    "find",
    "self_test",
]
