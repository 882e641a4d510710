# SPDX-License-Identifier: GPL-3.0-or-later
"""SkyWater 130 transistors: where their models are, what is legal, and a library per circuit.

A circuit asks for its transistors in three steps:

    models = pdk.locate()
    fet = pdk.Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
    library = pdk.compile_library(models, corner="tt", geometries=[fet])
    subcircuit, parameters = pdk.instance(fet, multiplicity=8)

`library.path` is what the deck includes, in ngspice and in Xyce alike.
"""

from pdk._devices import CORNERS, DEVICES, Device, Geometry
from pdk._errors import (
    CacheError,
    DownloadError,
    InstallationError,
    MicroBinnedModelsError,
    ModelFileError,
    ModelsNotFoundError,
    MultiplicityError,
    PdkError,
    SizeError,
    UnknownCornerError,
    UnknownDeviceError,
)
from pdk._layout import DIFFUSION, Junctions, Well, junctions, well
from pdk._library import Library, compile_library, instance, well_instance
from pdk._locate import locate
from pdk._mismatch import threshold_shift, threshold_sigma
from pdk._models import Models

__all__ = [
    "CORNERS",
    "DEVICES",
    "DIFFUSION",
    "CacheError",
    "Device",
    "DownloadError",
    "Geometry",
    "InstallationError",
    "Junctions",
    "Library",
    "MicroBinnedModelsError",
    "ModelFileError",
    "Models",
    "ModelsNotFoundError",
    "MultiplicityError",
    "PdkError",
    "SizeError",
    "UnknownCornerError",
    "UnknownDeviceError",
    "Well",
    "compile_library",
    "instance",
    "junctions",
    "locate",
    "threshold_shift",
    "threshold_sigma",
    "well",
    "well_instance",
]
