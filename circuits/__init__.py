# SPDX-License-Identifier: GPL-3.0-or-later
"""Training circuits: their quantities (`Design`), their simulation (`Run`) and its result (`Trace`).

A run goes through `TransientTrainer`, which writes its netlist, has a SPICE simulator compute it
and reads the result:

    trainer = TransientTrainer(find("auto"), pdk.locate())
    trace = trainer.run(Run(layers, design, stimulus, weights))
"""

from circuits._errors import CircuitError, DesignError, IllegalValue, NetworkError, PluginError
from circuits._names import FLAT_NAMES, name_hint
from circuits._plugins import Origin, Registry, origin
from circuits._quantity import Quantity, quantity
from circuits._roles import ROLES, Role
from circuits.area import circuit_area
from circuits.corner import Corner
from circuits.design import Design, design_quantities
from circuits.mlp import TrainingCircuit, training_circuit
from circuits.network import check_layers, weight_shapes
from circuits.noise import UpdateNoise, reading_noise, update_noise, writing_noise
from circuits.run import (
    NO_ROW,
    Run,
    Stimulus,
    initial_weights,
    join_weights,
    shuffled_rows,
    split_weights,
)
from circuits.run_cache import RunCache
from circuits.schedule import Schedule, points_duration, schedule
from circuits.sizes import check_sizes
from circuits.trace import Trace
from circuits.trainers import TRAINERS, Trainer, make_trainer
from circuits.transient import TRAINING_ACCURACY, TransientTrainer

__all__ = [
    "FLAT_NAMES",
    "NO_ROW",
    "ROLES",
    "TRAINERS",
    "TRAINING_ACCURACY",
    "CircuitError",
    "Corner",
    "Design",
    "DesignError",
    "IllegalValue",
    "NetworkError",
    "Origin",
    "PluginError",
    "Quantity",
    "Registry",
    "Role",
    "Run",
    "RunCache",
    "Schedule",
    "Stimulus",
    "Trace",
    "Trainer",
    "TrainingCircuit",
    "TransientTrainer",
    "UpdateNoise",
    "check_layers",
    "check_sizes",
    "circuit_area",
    "design_quantities",
    "initial_weights",
    "join_weights",
    "make_trainer",
    "name_hint",
    "origin",
    "points_duration",
    "quantity",
    "reading_noise",
    "schedule",
    "shuffled_rows",
    "split_weights",
    "training_circuit",
    "update_noise",
    "weight_shapes",
    "writing_noise",
]
