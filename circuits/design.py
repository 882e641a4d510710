# SPDX-License-Identifier: GPL-3.0-or-later
"""`Design`: every quantity of the circuit that a search may move, as one frozen typed record.

The default values are those of the circuit this project starts from: a 2-layer perceptron whose
synapses are common-source CMOS pairs in a 130 nm process, trained by equilibrium propagation
(Scellier and Bengio 2017; Kendall et al. 2020, arXiv 2006.01981).
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any

from circuits._errors import DesignError, NetworkError
from circuits._plugins import installed
from circuits._quantity import Quantity, quantities_of, quantity
from pdk import DEFAULT_TECHNOLOGY, TECHNOLOGIES, Flavour, Technology, find_technology

_OWN_SYNAPSES = ("cmos", "dram")
SYNAPSE_KINDS = (
    *_OWN_SYNAPSES,
    *sorted(installed("analog_sweep.synapses").keys() - set(_OWN_SYNAPSES)),
)
LINEAR = "linear"
AMPLIFIER_KINDS = (LINEAR, *sorted(installed("analog_sweep.amplifiers").keys() - {LINEAR}))
FLAVOURS = tuple(dict.fromkeys(name for each in TECHNOLOGIES.values() for name in each.flavours))
WRITE_SWITCHES = ("ideal", "nfet")
JUNCTIONS = ("drawn", "none")
UPDATE_RULES = ("seed", "product")
NUDGINGS = ("one-sided", "centred")


@dataclasses.dataclass(frozen=True)
class Design:
    """Bias voltages, sizes, gains and timing of one training circuit, in SI units.

    Quantities that belong to a layer are tuples: one entry means "the same in all layers",
    otherwise there is one entry for each crossbar, the input side first. The amplifier after
    crossbar `l` belongs to layer `l`. A plain number given for such a field is taken as a tuple
    of one.

    A design with an amplifier of an installed package has that one's sizes as well: its type is
    `circuits.design_type(amplifier)`, which `from_values` finds by itself.

    **Raises:** `DesignError` for a value outside its legal range.
    """

    technology: str = quantity(
        DEFAULT_TECHNOLOGY, choices=tuple(TECHNOLOGIES), meaning="semiconductor process"
    )

    # Synapse
    synapse: str = quantity(
        "cmos",
        choices=SYNAPSE_KINDS,
        meaning="kind of synapse: common-source CMOS pair, or the plain 2T1C DRAM cell",
    )
    flavour: str = quantity(
        FLAVOURS[0],
        choices=FLAVOURS,
        meaning="threshold and oxide flavour of the synapse transistors",
    )
    junctions: str = quantity(
        "drawn",
        choices=JUNCTIONS,
        meaning="junctions of drains, sources and wells: as drawn, or none given",
    )
    width_p: tuple[float, ...] = quantity(
        1.302e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        per_layer=True,
        meaning="channel width of the synapse's pfet",
    )
    width_n: tuple[float, ...] = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        per_layer=True,
        meaning="channel width of the synapse's nfet",
    )
    length_p: tuple[float, ...] = quantity(
        0.15e-6,
        unit="m",
        low=0.15e-6,
        high=20e-6,
        log=True,
        per_layer=True,
        meaning="channel length of the synapse's pfet; some flavours begin further up",
    )
    length_n: tuple[float, ...] = quantity(
        0.15e-6,
        unit="m",
        low=0.15e-6,
        high=20e-6,
        log=True,
        per_layer=True,
        meaning="channel length of the synapse's nfet",
    )
    multiplicity: tuple[int, ...] = quantity(
        1,
        low=1,
        high=64,
        log=True,
        integer=True,
        per_layer=True,
        meaning="parallel copies of the synapse's transistors (M)",
    )
    storage_capacitance: tuple[float, ...] = quantity(
        0.1e-12,
        unit="F",
        low=1e-15,
        high=100e-12,
        log=True,
        per_layer=True,
        meaning="weight storage capacitor for each parallel copy; the cell has M times as much",
    )
    weight_low: tuple[float, ...] = quantity(
        0.0,
        unit="V",
        low=0.0,
        high=1.8,
        per_layer=True,
        meaning="smallest magnitude of an initial weight; an offset out of the dead zone",
    )
    weight_high: tuple[float, ...] = quantity(
        0.5,
        unit="V",
        low=0.0,
        high=1.8,
        per_layer=True,
        meaning="largest magnitude of an initial weight",
    )

    # Write switch and wordlines
    write_switch: str = quantity(
        "ideal", choices=WRITE_SWITCHES, meaning="write switch: an ideal one, or a transistor"
    )
    switch_conductance: float = quantity(
        1e-5,
        unit="S",
        low=1e-8,
        high=1.0,
        log=True,
        meaning="on-conductance of the ideal switches (writing, sampling)",
    )
    switch_leakage: float = quantity(
        1e-16,
        unit="S",
        low=1e-18,
        high=1e-9,
        log=True,
        meaning="off-conductance of the ideal switches",
    )
    write_width: float = quantity(
        0.42e-6,
        unit="m",
        low=0.42e-6,
        high=100e-6,
        log=True,
        meaning="channel width of the write transistor",
    )
    write_length: float = quantity(
        0.5e-6,
        unit="m",
        low=0.5e-6,
        high=20e-6,
        log=True,
        meaning="channel length of the write transistor",
    )
    wordline_high: float = quantity(
        3.3,
        unit="V",
        low=0.0,
        high=5.5,
        meaning="wordline supply while a row is written, and level of the deep n-wells",
    )
    wordline_low: float = quantity(
        -1.2,
        unit="V",
        low=-5.5,
        high=0.0,
        meaning="wordline level of rows at rest; substrate of write and read transistors",
    )

    # Data
    input_amplitude: float = quantity(
        1.0, unit="V", low=0.0, high=3.0, meaning="input voltage for a task input of 1"
    )
    input_offset: float = quantity(
        0.0, unit="V", low=-1.5, high=1.5, meaning="voltage added to every task input"
    )
    bias_level: float = quantity(
        1.0, unit="V", low=-3.0, high=3.0, meaning="voltage of the bias rows of the first layer"
    )
    target_amplitude: float = quantity(
        0.02,
        unit="V",
        low=1e-4,
        high=2.0,
        log=True,
        meaning="output voltage asked for by a task target of 1",
    )

    # Bidirectional amplifier
    amplifier: str = quantity(
        LINEAR,
        choices=AMPLIFIER_KINDS,
        meaning="kind of amplifier: linear with clamps, or one of an installed package",
    )
    gain_forward: tuple[float, ...] = quantity(
        2.5,
        low=0.1,
        high=100.0,
        log=True,
        per_layer=True,
        meaning="voltage gain A of the amplifier from its input to its outputs",
    )
    gain_backward: tuple[float, ...] = quantity(
        0.4,
        low=0.0,
        high=100.0,
        log=True,
        per_layer=True,
        meaning="current gain B of the amplifier from its outputs back to its input",
    )
    output_resistance: tuple[float, ...] = quantity(
        10.0,
        unit="Ohm",
        low=0.1,
        high=1e5,
        log=True,
        per_layer=True,
        meaning="output resistance of the amplifier, at each of its two outputs",
    )
    amplifier_bandwidth: tuple[float, ...] = quantity(
        math.inf,
        unit="Hz",
        low=1e3,
        high=math.inf,
        log=True,
        per_layer=True,
        meaning="-3 dB bandwidth of the forward gain (one pole); inf: no pole",
    )
    amplifier_offset: tuple[float, ...] = quantity(
        0.0,
        unit="V",
        low=-0.5,
        high=0.5,
        per_layer=True,
        meaning="input-referred offset of the amplifier",
    )
    clamp_low: tuple[float, ...] = quantity(
        0.0,
        unit="V",
        low=-math.inf,
        high=2.0,
        per_layer=True,
        meaning="level of the diode that bounds hidden outputs from below; -inf: no diode",
    )
    clamp_high: tuple[float, ...] = quantity(
        math.inf,
        unit="V",
        low=-2.0,
        high=math.inf,
        per_layer=True,
        meaning="level of the diode that bounds hidden outputs from above; inf: no diode",
    )
    clamp_emission: float = quantity(
        1.0,
        low=0.02,
        high=2.0,
        log=True,
        meaning="emission coefficient of the clamp diodes; small values make an ideal clamp",
    )
    clamp_saturation_current: float = quantity(
        1e-14,
        unit="A",
        low=1e-18,
        high=1e-6,
        log=True,
        meaning="saturation current of the clamp diodes, at the temperature of the run",
    )

    # Loss
    load_conductance: float = quantity(
        1e-4, unit="S", low=1e-9, high=1.0, log=True, meaning="load from each output to ground"
    )
    nudge_conductance: float = quantity(
        5e-4,
        unit="S",
        low=1e-8,
        high=1.0,
        log=True,
        meaning="beta: conductance that pulls each output to its target while nudged",
    )
    nudging: str = quantity(
        "one-sided",
        choices=NUDGINGS,
        meaning="one-sided (free against +beta) or centred (+beta against -beta)",
    )

    # Weight update
    update_rule: str = quantity(
        "seed",
        choices=UPDATE_RULES,
        meaning="seed: (v_n - v_f) V_in,n; product: V_in,n v_n - V_in,f v_f",
    )
    update_scale: tuple[float, ...] = quantity(
        3.0,
        unit="1/V",
        low=0.0,
        high=1e9,
        log=True,
        per_layer=True,
        meaning="update scale s: change of a weight for each volt squared of the update rule",
    )
    update_decay: float = quantity(
        1.0,
        low=0.5,
        high=1.0,
        meaning="factor on all update scales from one epoch to the next",
    )
    update_offset: float = quantity(
        0.0,
        unit="V",
        low=-0.5,
        high=0.5,
        meaning="input-referred offset of the circuit that reads the nudge difference",
    )
    write_limit: float = quantity(
        1.8,
        unit="V",
        low=0.05,
        high=5.5,
        meaning="largest magnitude of a weight that the bitline drivers can write",
    )
    update_gain_limit: float = quantity(
        1e3,
        low=1.0,
        high=math.inf,
        log=True,
        meaning="largest voltage gain |s V_in| of the update circuit, line to weight",
    )
    read_noise: float = quantity(
        100e-6,
        unit="V",
        low=0.0,
        high=0.1,
        log=True,
        meaning="rms noise of one reading; hold_capacitance's kT/C where that is larger",
    )
    hold_capacitance: float = quantity(
        0.1e-12,
        unit="F",
        low=1e-15,
        high=100e-12,
        log=True,
        meaning="sampling capacitors of the update circuit",
    )

    # Schedule
    phase_duration: float = quantity(
        80e-6, unit="s", low=1e-9, high=1.0, log=True, meaning="length of each phase"
    )
    edge: float = quantity(
        4e-6,
        unit="s",
        low=1e-10,
        high=0.1,
        log=True,
        meaning="transition time of inputs and controls at the start of a phase",
    )
    guard: float = quantity(
        0.0,
        unit="s",
        low=0.0,
        high=0.1,
        meaning="how long before the end of a phase its sampling switches open",
    )

    def __post_init__(self) -> None:
        for name, spec in self.quantities().items():
            object.__setattr__(self, name, _checked(spec, name, getattr(self, name)))
        own = type(self).__dataclass_fields__["amplifier"].default
        if self.amplifier != own:
            raise DesignError(
                "amplifier",
                self.amplifier,
                f"{own!r} in a {type(self).__name__}",
                hint=f"circuits.design_type({self.amplifier!r}) makes designs with its sizes",
            )
        if self.flavour not in self.process.flavours:
            raise DesignError(
                "flavour",
                self.flavour,
                f"one of {', '.join(self.process.flavours)}",
                hint=f"technology is {self.technology!r}",
            )
        if self.edge + self.guard > 0.5 * self.phase_duration:
            raise DesignError(
                "edge",
                self._shown("edge"),
                "edge + guard at most half of phase_duration",
                hint=f"phase_duration is {self._shown('phase_duration')}, "
                f"guard is {self._shown('guard')}",
            )
        self._check_order("weight_low", "weight_high", blame="weight_low")
        self._check_order("clamp_low", "clamp_high", blame="clamp_low")

    def _shown(self, name: str) -> str:
        return self.quantities()[name].show(getattr(self, name), digits=4)

    def _check_order(self, lower: str, upper: str, *, blame: str) -> None:
        lows, highs = getattr(self, lower), getattr(self, upper)
        for layer in range(max(len(lows), len(highs))):
            low, high = lows[min(layer, len(lows) - 1)], highs[min(layer, len(highs) - 1)]
            if low > high:
                raise DesignError(blame, getattr(self, blame), f"{lower} not above {upper}")

    @classmethod
    def quantities(cls) -> Mapping[str, Quantity]:
        """Every field's `Quantity`, in the order of declaration."""
        return quantities_of(cls)

    @classmethod
    def from_values(cls, values: Mapping[str, object], *, units_required: bool = False) -> Design:
        """A design from plain values or text with units; missing fields keep their defaults.

        **Arguments:**

        - `values`: field name to number, text such as `"0.1 pF"`, or a list of these for a
          quantity that belongs to a layer.
        - `units_required`: refuse a bare number where the quantity has a unit (files do).

        **Returns:** of the type that `amplifier` asks for.

        **Raises:** `DesignError` for an unknown field (naming the nearest) or an illegal value;
        `PluginError` for an installed amplifier that cannot be used.
        """
        amplifier = values.get("amplifier", LINEAR)
        if cls is Design and amplifier != LINEAR and amplifier in AMPLIFIER_KINDS:
            from circuits.amplifiers import design_type  # noqa: PLC0415 - they build on designs

            kind = design_type(str(amplifier))
            return kind.from_values(values, units_required=units_required)
        known = cls.quantities()
        parsed: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                raise DesignError(
                    name,
                    value,
                    "a field of Design",
                    hint=f"did you mean {close[0]!r}?" if close else "see `sweep fields`",
                )
            parsed[name] = _checked(known[name], name, value, units_required=units_required)
        return cls(**parsed)

    def to_values(self) -> dict[str, Any]:
        """Plain values of all fields; a tuple of one becomes its entry. Inverse of `from_values`."""
        plain: dict[str, Any] = {}
        for name, spec in self.quantities().items():
            value = getattr(self, name)
            if spec.per_layer:
                value = value[0] if len(value) == 1 else list(value)
            plain[name] = value
        return plain

    @property
    def process(self) -> Technology:
        """The technology as a value."""
        return find_technology(self.technology)

    @property
    def transistors(self) -> Flavour:
        """The pfet and the nfet of the flavour."""
        return self.process.flavours[self.flavour]

    @property
    def has_drawn_junctions(self) -> bool:
        """Whether transistors have the junctions and wells that they are drawn with."""
        return self.junctions == "drawn"

    def layer(self, index: int, name: str) -> Any:
        """The entry of a per-layer field for crossbar `index` (0 is the input side)."""
        values = getattr(self, name)
        return values[0] if len(values) == 1 else values[index]

    def in_epoch(self, epoch: int, stride: int = 1) -> Design:
        """The design with the update scales that it has in an epoch (from 0).

        **Arguments:**

        - `stride`: how many epochs this one stands for. Its scales are the sum of theirs, as far as that is
          legal, and so is the bound on its gain; the epochs before it were such, too.
        """
        factor = sum(self.update_decay ** (epoch * stride + step) for step in range(stride))
        if stride == 1 and factor == 1.0:
            return self
        highest = self.quantities()["update_scale"].high
        scales = tuple(min(scale * factor, highest) for scale in self.update_scale)
        limit = self.update_gain_limit * stride
        return dataclasses.replace(self, update_scale=scales, update_gain_limit=limit)

    def check_layers(self, count: int) -> None:
        """Refuse tuples that fit neither one entry nor `count` crossbars.

        **Raises:** `NetworkError`.
        """
        for name, spec in self.quantities().items():
            if spec.per_layer and len(getattr(self, name)) not in (1, count):
                raise NetworkError(
                    f"{name} has {len(getattr(self, name))} entries, but the network has "
                    f"{count} crossbars: give one entry for all layers, or {count}"
                )


def _checked(spec: Quantity, name: str, value: Any, *, units_required: bool = False) -> Any:
    if not spec.per_layer:
        return spec.parse(value, field=name, units_required=units_required)
    entries = value if isinstance(value, list | tuple) else (value,)
    if not entries:
        raise DesignError(name, value, "at least one entry")
    return tuple(
        spec.parse(
            entry,
            field=name if len(entries) == 1 else f"{name}[{index}]",
            units_required=units_required,
        )
        for index, entry in enumerate(entries)
    )
