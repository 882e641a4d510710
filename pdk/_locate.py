# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the models of a technology on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdk._registry import DEFAULT_TECHNOLOGY, find_technology

if TYPE_CHECKING:
    from pathlib import Path

    from pdk._models import Models


def locate(
    path: Path | None = None, *, download: bool = True, technology: str = DEFAULT_TECHNOLOGY
) -> Models:
    """Finds the models of a technology on this machine, or downloads them.

    Where they are looked for is said by the technology's own `locate`: at `path`; in the
    installation that the environment variable `PDK_ROOT` names; in the user cache
    (`ANALOG_SWEEP_CACHE` names another one).

    **Arguments:**

    - `path`: a directory with the models, or an installation that contains them. Nothing else is
      searched if it is given.
    - `download`: whether to download the models when they are not on this machine.
    - `technology`: its name.

    **Raises:** `UnknownTechnologyError`, `ModelsNotFoundError`, `MicroBinnedModelsError`,
    `DownloadError`, `CacheError`.
    """
    return find_technology(technology).library.locate(path, download=download)
