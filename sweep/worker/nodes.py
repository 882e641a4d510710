# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of a Ray cluster: how many runs have room on them, and which are left out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sweep.worker.simulator_spec import SimulatorSpec, unfitness

_ID = "ray.io/node-id"
_LOOK_SECONDS = 2.0
_CHECK_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Resources of a node that one run takes.

    - `cores`: number of processors.
    - `memory`: bytes that Ray reserves; None for none. The run may use more.
    - `resources`: amounts of further resources by name, such as licences.
    - `local`: amounts of these that this machine has, where Ray is started on it.
    """

    cores: int = 1
    memory: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    local: Mapping[str, float] = field(default_factory=dict)

    def options(self) -> dict[str, Any]:
        """Returns them as Ray's options of a task."""
        asked: dict[str, Any] = {"num_cpus": self.cores, "resources": dict(self.resources)}
        return asked if self.memory is None else {**asked, "memory": self.memory}

    def room(self, offered: Mapping[str, float]) -> int:
        """Returns how many runs fit at a time on a node that offers these resources."""
        asked = {"CPU": float(self.cores), **self.resources}
        if self.memory is not None:
            asked["memory"] = float(self.memory)
        return min(math.floor(offered.get(name, 0.0) / need) for name, need in asked.items())


class Nodes:
    """The nodes that Ray has.

    **Arguments:**

    - `ray`: the module, initialised.
    - `needs`: resources that one run takes.
    """

    def __init__(self, ray: Any, needs: Needs) -> None:
        self._ray = ray
        self._needs = needs
        self.home: str = ray.get_runtime_context().get_node_id()
        self._left_out: set[str] = set()
        self._seen: list[dict[str, Any]] = []
        self._looked = -math.inf

    def alive(self) -> list[dict[str, Any]]:
        """Returns the living nodes, as Ray describes them; at most a few seconds old."""
        if time.monotonic() - self._looked > _LOOK_SECONDS:
            self._seen = [node for node in self._ray.nodes() if node["Alive"]]
            self._looked = time.monotonic()
        return self._seen

    def room(self) -> int:
        """Returns how many runs fit on all nodes that are not left out."""
        fit = [node for node in self.alive() if node["NodeID"] not in self._left_out]
        return sum(self._needs.room(node["Resources"]) for node in fit)

    def selector(self) -> dict[str, str]:
        """The label selector that keeps tasks away from the nodes that are left out."""
        return {_ID: f"!in({','.join(sorted(self._left_out))})"} if self._left_out else {}

    def leave_out(self, node: str) -> bool:
        """Send no more tasks to a node. **Returns:** False for the driver's own, which stays."""
        if node in {"", self.home}:
            return False
        self._left_out.add(node)
        return True

    def is_left_out(self, node: str) -> bool:
        """Whether a node gets no tasks."""
        return node in self._left_out

    def name(self, node: str) -> str:
        """Returns host name, address and identifier of a node, for messages."""
        for known in self._ray.nodes():
            if known["NodeID"] == node:
                return f"{known['NodeManagerHostname']} ({known['NodeManagerAddress']}, {node[:8]})"
        return node[:8]

    def check(self, spec: tuple[SimulatorSpec, ...]) -> dict[str, str]:
        """Ask every node but the driver's own whether it has the simulators and models of a study.

        **Returns:** what is wrong with each node that has not.
        """
        from ray.util.scheduling_strategies import (  # noqa: PLC0415 - it takes seconds
            NodeAffinitySchedulingStrategy,
        )

        others = [node["NodeID"] for node in self.alive() if node["NodeID"] != self.home]
        asked = {}
        for node in others:
            pinned = NodeAffinitySchedulingStrategy(node_id=node, soft=False)
            remote = self._ray.remote(num_cpus=0, max_retries=1, scheduling_strategy=pinned)
            asked[remote(unfitness).remote(spec)] = node
        if not asked:
            return {}
        references = list(asked)
        self._ray.wait(references, num_returns=len(references), timeout=_CHECK_SECONDS)
        return {
            node: words for reference, node in asked.items() if (words := self._answer(reference))
        }

    def _answer(self, reference: Any) -> str:
        try:
            return str(self._ray.get(reference, timeout=0))
        except self._ray.exceptions.GetTimeoutError:
            self._ray.cancel(reference, force=True)
            return f"It did not answer within {_CHECK_SECONDS:.0f} s."
        except self._ray.exceptions.RayError as error:
            return " ".join(str(error).split())[-300:]
