# SPDX-License-Identifier: GPL-3.0-or-later
"""Conformance checks of parts, simulators and technologies, for the tests of those who write one.

    from circuits.testing import check_amplifier, check_synapse

    def test_my_synapse_conforms():
        check_synapse("mine")

`docs/plugins.md` describes the test benches and lists the requirements of each part.
"""

from circuits.testing._amplifier import check_amplifier
from circuits.testing._simulator import check_simulator
from circuits.testing._synapse import check_synapse
from circuits.testing._technology import check_technology
from circuits.testing._update import check_update

__all__ = [
    "check_amplifier",
    "check_simulator",
    "check_synapse",
    "check_technology",
    "check_update",
]
