# SPDX-License-Identifier: GPL-3.0-or-later
"""Semiconductor processes: where their models are, what is legal, and a library per circuit.

A circuit asks for its transistors in three steps:

    models = pdk.locate()
    fet = pdk.Geometry("nfet_01v8", width=0.42e-6, length=0.15e-6)
    library = pdk.compile_library(models, corner="tt", geometries=[fet])
    subcircuit, parameters = pdk.instance(fet, multiplicity=8)

A process is a `Technology`. `TECHNOLOGIES` has them by name, and a design names one. A deck includes
`library.path`, in ngspice and in Xyce alike.
"""

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
    TechnologyError,
    UnknownCornerError,
    UnknownDeviceError,
    UnknownTechnologyError,
)
from pdk._geometry import Geometry
from pdk._layout import Well, well
from pdk._library import Library, compile_library, instance, well_instance
from pdk._locate import locate
from pdk._mismatch import threshold_shift, threshold_sigma
from pdk._models import Models
from pdk._registry import (
    DEFAULT_TECHNOLOGY,
    TECHNOLOGIES,
    find_device,
    find_technology,
    technology_of,
)
from pdk.technology import CORNERS, Device, Flavour, Junctions, ModelLibrary, Technology

__all__ = [
    "CORNERS",
    "DEFAULT_TECHNOLOGY",
    "TECHNOLOGIES",
    "CacheError",
    "Device",
    "DownloadError",
    "Flavour",
    "Geometry",
    "InstallationError",
    "Junctions",
    "Library",
    "MicroBinnedModelsError",
    "ModelFileError",
    "ModelLibrary",
    "Models",
    "ModelsNotFoundError",
    "MultiplicityError",
    "PdkError",
    "SizeError",
    "Technology",
    "TechnologyError",
    "UnknownCornerError",
    "UnknownDeviceError",
    "UnknownTechnologyError",
    "Well",
    "compile_library",
    "find_device",
    "find_technology",
    "instance",
    "locate",
    "technology_of",
    "threshold_shift",
    "threshold_sigma",
    "well",
    "well_instance",
]
