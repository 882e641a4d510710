# SPDX-License-Identifier: GPL-3.0-or-later
"""Every figure of the report, as a function from plain records to a plotly `Figure`.

    from sweep.report import figures
    from sweep.results.overview import overview
    from sweep.results.study_results import open_results

    figures.front(overview(open_results(Path("out/demo"))), 0, 1).show()

`docs/report.md` lists them.
"""

from sweep.report.animation_figures import fit_over_epochs
from sweep.report.course_figures import (
    layer_measure,
    scenario_map,
    seed_curves,
    waveforms,
    weights_in_epoch,
    weights_over_epochs,
)
from sweep.report.fit_figures import agreement as outputs_over_targets
from sweep.report.fit_figures import confusion, curves, plane
from sweep.report.front_figures import front, front3d, hypervolume
from sweep.report.history_figures import agreement, history, learning_curves, rung_costs
from sweep.report.pair_figures import contour, failures, rank
from sweep.report.space_figures import importances, parallel, slice_of

__all__ = [
    "agreement",
    "confusion",
    "contour",
    "curves",
    "failures",
    "fit_over_epochs",
    "front",
    "front3d",
    "history",
    "hypervolume",
    "importances",
    "layer_measure",
    "learning_curves",
    "outputs_over_targets",
    "parallel",
    "plane",
    "rank",
    "rung_costs",
    "scenario_map",
    "seed_curves",
    "slice_of",
    "waveforms",
    "weights_in_epoch",
    "weights_over_epochs",
]
