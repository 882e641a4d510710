# SPDX-License-Identifier: GPL-3.0-or-later
"""Noise of the update circuits: what each reading and each writing adds, drawn from a seed.

A weight update is made of two readings of a line, whose difference is some microvolts to
millivolts, and of one writing of a storage capacitor. Without noise a search finds designs that rely
on differences which no real circuit can measure. The same seed gives the same noise in every simulator: it is
part of the run, as its inputs are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from circuits.design import Design
from circuits.run import Run

Array = NDArray[np.float64]

_BOLTZMANN = 1.380649e-23  # J/K, exact since 2019
_ZERO_CELSIUS = 273.15

_READ, _WRITTEN = 0x4EAD, 0x3417


@dataclass(frozen=True)
class UpdateNoise:
    """Random noise of all updates of a run.

    **Attributes:**

    - `read`: what is added to the difference of two readings, V, one array `(points, columns)` for
      each crossbar.
    - `written`: what is added to a written weight, V, in the same shapes.
    """

    read: tuple[Array, ...]
    written: tuple[Array, ...]


def reading_noise(design: Design, *, temperature: float) -> float:
    """Noise of one reading, V rms, referred to the line that is read.

    It is `sampling.noise`, or the noise sqrt(kT/C) that is left on the sampling capacitor where that is
    larger (Johnson 1928; Nyquist 1928).

    **Arguments:**

    - `design`: has the sampling capacitors and their noise.
    - `temperature`: degrees Celsius.
    """
    sampling = design.sampling
    return max(sampling.noise, _sampled(sampling.capacitance, temperature))


def writing_noise(design: Design, layer: int, *, temperature: float) -> float:
    """Noise sqrt(kT/C) that is left on a storage capacitor of a crossbar when its row closes, V rms.

    **Arguments:**

    - `design`: has the storage capacitors.
    - `layer`: the crossbar, from 0.
    - `temperature`: degrees Celsius.
    """
    return _sampled(design.synapse(layer).capacitance, temperature)


def noise_of_updates(run: Run) -> tuple[float, tuple[float, ...]]:
    """Noise of the difference of two readings, and of a written weight of each crossbar, V rms.

    An update that stands for `run.stride` independent ones has the mean of their reading noise, as its
    scale is the sum of theirs, and the sum of their writing noise.
    """
    temperature = run.corner.temperature
    read = math.sqrt(2.0 / run.stride) * reading_noise(run.design, temperature=temperature)
    written = (
        math.sqrt(run.stride) * writing_noise(run.design, layer, temperature=temperature)
        for layer in range(run.depth)
    )
    return read, tuple(written)


def update_noise(run: Run) -> UpdateNoise | None:
    """The noise of a run's updates, independent for each point, crossbar and column; None without noise."""
    if run.noise_seed is None:
        return None
    read, written = noise_of_updates(run)
    return UpdateNoise(
        tuple(_drawn(run, layer, _READ) * read for layer in range(run.depth)),
        tuple(_drawn(run, layer, _WRITTEN) * written[layer] for layer in range(run.depth)),
    )


def _sampled(capacitance: float, temperature: float) -> float:
    return math.sqrt(_BOLTZMANN * (temperature + _ZERO_CELSIUS) / capacitance)


def _drawn(run: Run, layer: int, what: int) -> Array:
    """Normal numbers for each point and column; a stream of its own for each crossbar."""
    assert run.noise_seed is not None
    generator = np.random.default_rng(np.random.SeedSequence([*run.noise_seed, layer, what]))
    return generator.standard_normal((len(run.stimulus), max(run.shapes[layer])))
