# SPDX-License-Identifier: GPL-3.0-or-later
"""Device tables: transistors measured once with a SPICE simulator, evaluated in nanoseconds.

    tables = measure([nfet, pfet], corner="tt", temperature=27.0,
                     simulator=find("auto"), models=pdk.locate())
    packed = pack(tables.values())
    i, gm, gds, outside = evaluate(packed.data, packed.offsets[nfet], vgs, vds)

Voltages and currents have the signs of the terminals, for either polarity: `vgs`, `vds` against
source and bulk, which are one terminal; the current flows into the drain. M devices in parallel carry M times
current and charge. A threshold shift goes to `evaluate_shifted`; for the charges, take it off `vgs`.

With the default axes the current is within 0.15 % of the simulator's wherever it is above 1 nA, for
every flavour, corners tt, ss and ff, 27 and 85 degrees Celsius (0.17 % at -40); half of all points
are within 1e-7. The exception is nfet_01v8_lvt, where its drain junction is forward biased by 0.7 V: there
BSIM4 itself has a jump of the slope, and the error is up to 0.25 % within an interval of it.
"""

from circuits.quasistatic.tables._batch import Batch, look_up, new_batch
from circuits.quasistatic.tables._compiled import compiled, summing
from circuits.quasistatic.tables._kernels import (
    charge,
    drain_charge,
    evaluate,
    evaluate_shifted,
)
from circuits.quasistatic.tables._measure import measure
from circuits.quasistatic.tables._pack import Packed, pack
from circuits.quasistatic.tables._sums import POINTS
from circuits.quasistatic.tables._surface import (
    Surface,
    charge_surface,
    current_surface,
    residue_surface,
)
from circuits.quasistatic.tables._table import Axis, DeviceTable, Ranges, TableError

__all__ = [
    "POINTS",
    "Axis",
    "Batch",
    "DeviceTable",
    "Packed",
    "Ranges",
    "Surface",
    "TableError",
    "charge",
    "charge_surface",
    "compiled",
    "current_surface",
    "drain_charge",
    "evaluate",
    "evaluate_shifted",
    "look_up",
    "measure",
    "new_batch",
    "pack",
    "residue_surface",
    "summing",
]
