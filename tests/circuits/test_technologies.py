# SPDX-License-Identifier: GPL-3.0-or-later
"""Every technology keeps to what circuits rely on."""

from __future__ import annotations

import pytest

import pdk
from circuits import Design, DesignError
from circuits.parts import FLAVOURS
from circuits.testing import check_technology


@pytest.mark.parametrize("name", pdk.TECHNOLOGIES)
def test_a_technology_conforms(name: str) -> None:
    check_technology(name)


def test_a_design_has_the_flavours_of_its_technology() -> None:
    for name, technology in pdk.TECHNOLOGIES.items():
        for flavour, pair in technology.flavours.items():
            design = Design.from_values({"technology": name, "synapse.flavour": flavour})
            found = FLAVOURS[design.value("synapse.flavour")]
            assert (design.process, found) == (technology, pair)
    with pytest.raises(
        DesignError, match=r"synapse\.flavour = '01v8': allowed is one of 3p3, 6p0.*gf180mcu"
    ):
        Design(technology="gf180mcu")


def test_a_technology_that_there_is_none_of_is_refused_with_the_nearest() -> None:
    with pytest.raises(pdk.UnknownTechnologyError, match=r"did you mean sky130\?"):
        pdk.find_technology("sky13")
    with pytest.raises(DesignError, match="technology = 'sky90'"):
        Design.from_values({"technology": "sky90"})
