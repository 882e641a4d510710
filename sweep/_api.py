# SPDX-License-Identifier: GPL-3.0-or-later
"""`Study`: what the command line does, in Python. See docs/python.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pandas as pd

    from sweep.app.export import Exported
    from sweep.app.sensitivity import Sensitivity
    from sweep.driver.events import Observer, Summary
    from sweep.results.overview import TrialView
    from sweep.search.opening import OpenedResults
    from sweep.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class Study:
    """A study file with the directory of its results, whether the study has begun or not.

        study = Study.load("studies/demo.toml")
        study.run()
        study.best.values, study.best.parameters

    **Attributes:**

    - `file`: the study file, parsed.
    - `out`: the directory of the results.
    """

    file: StudyFile
    out: Path

    @classmethod
    def load(cls, path: str | Path, out: str | Path | None = None) -> Self:
        """Reads a study file.

        **Arguments:**

        - `path`: the file.
        - `out`: the directory of its results; None for `out/` and the file's name, as `sweep run` has it.

        **Raises:** `sweep.study.study_file.StudyFileError` with all that is wrong with the file.
        """
        from sweep.study.study_file import load  # noqa: PLC0415 - `import sweep` costs nothing

        path = Path(path)
        return cls(load(path), Path("out") / path.stem if out is None else Path(out))

    @classmethod
    def open(cls, out: str | Path) -> Self:
        """Opens the directory of a study that has begun.

        **Raises:** `sweep.results.study_results.StoreError` where there is none.
        """
        from sweep.search.opening import open_results  # noqa: PLC0415

        return cls(open_results(Path(out)).study_file, Path(out))

    def run(
        self,
        *,
        trials: int | None = None,
        workers: int | None = None,
        simulator: str | None = None,
        storage: str | None = None,
        address: str | None = None,
        extend: bool = False,
        allow_hub: bool = False,
        observer: Observer | None = None,
    ) -> Summary:
        """Run the study, or continue it, until it has all its trials.

        Progress is shown as `sweep run` shows it: a live table in a terminal, lines in a notebook.

        **Arguments:**

        - `trials`: number of trials in all, earlier ones included; None for that of the study file.
        - `workers`: number of tasks at a time; None for that of the study file, or one for each core.
        - `simulator`: `"auto"`, `"xyce"`, `"ngspice"` or, without a ladder, `"quasistatic"`; None for
          that of the study file.
        - `storage`: URL of an Optuna storage; None for that of a study that has begun, or else a journal
          file in the directory of the results.
        - `address`: address of a running Ray cluster; None to start Ray on this machine.
        - `extend`: whether a study that has begun continues with this file's wider ranges.
        - `allow_hub`: whether code of OptunaHub's registry may be fetched and run, which the sampler
          `auto` needs.
        - `observer`: called with each event; then no progress is shown.

        **Returns:** the progress of the study at the end.

        **Raises:** as `sweep.driver.driver.run_study`.
        """
        from sweep.driver.driver import Settings, run_study  # noqa: PLC0415
        from sweep.observers.progress import RichObserver  # noqa: PLC0415

        settings = Settings(
            out=self.out,
            storage=storage,
            workers=workers,
            simulator=simulator,
            trials=trials,
            resume=True,
            extend=extend,
            address=address,
            allow_hub=allow_hub,
        )
        if observer is not None:
            return run_study(self.file, settings, observer=observer)
        with RichObserver() as shown:
            return run_study(self.file, settings, observer=shown)

    @property
    def results(self) -> OpenedResults:
        """The results so far, read from the directory at each access.

        **Raises:** `sweep.results.study_results.StoreError` where the study has not begun.
        """
        from sweep.search.opening import open_results  # noqa: PLC0415

        return open_results(self.out)

    @property
    def trials(self) -> tuple[TrialView, ...]:
        """All trials so far, by number."""
        from sweep.results.overview import overview  # noqa: PLC0415

        return overview(self.results).trials

    @property
    def best(self) -> TrialView:
        """The best complete trial; of several objectives, the one of the front that fits best.

        **Raises:** `SweepError` where there is none yet.
        """
        from sweep._errors import SweepError  # noqa: PLC0415
        from sweep.results.overview import overview  # noqa: PLC0415

        seen = overview(self.results)
        best = seen.best
        if best is None:
            msg = f"{self.out} has no best trial: {seen.ranked.reason}; run more trials."
            raise SweepError(msg)
        return best

    def trials_dataframe(self) -> pd.DataFrame:
        """One row for each trial: state, objectives, NMSE, energy, time and parameters, SI units."""
        import pandas as pd  # noqa: PLC0415

        names = list(self.file.search.objectives)
        return pd.DataFrame([_row(trial, names) for trial in self.trials]).set_index("trial")

    def scenarios_dataframe(self) -> pd.DataFrame:
        """One row for each finished scenario of each trial: its conditions and its metrics."""
        import pandas as pd  # noqa: PLC0415

        return pd.DataFrame(
            [
                {"trial": trial.number, **scenario}
                for trial in self.trials
                for scenario in trial.scenarios
            ]
        )

    def report(self, to: str | Path | None = None) -> Path:
        """Write the report, as `sweep report` does, and return the path of the HTML file."""
        from sweep.app.report import write_report  # noqa: PLC0415

        return write_report(self.results, None if to is None else Path(to))

    def export(
        self, trial: int | None = None, to: str | Path | None = None, *, verify: bool = True
    ) -> Exported:
        """Write a trial's design, netlists and weights, as `sweep export` does.

        **Arguments:**

        - `trial`: number of the trial; None for the best one.
        - `to`: the directory; None for `best` or `trial-<number>` in the study's directory.
        - `verify`: whether the training is simulated again to see whether it gives the same results.

        **Raises:** as `sweep.app.export.export`.
        """
        from sweep.app.export import export  # noqa: PLC0415

        where = None if to is None else Path(to)
        return export(self.results, trial=trial, to=where, verify=verify)

    def sensitivity(self, trial: int | None = None, *, step: float = 0.05) -> Sensitivity:
        """Measure how the fit of a trial changes with each of its numbers, as `sweep sensitivity` does."""
        from sweep.app.sensitivity import sensitivity  # noqa: PLC0415

        return sensitivity(self.results, trial=trial, step=step)


def _row(trial: TrialView, objectives: list[str]) -> dict[str, Any]:
    values: Mapping[str, float] = dict(zip(objectives, trial.values, strict=False))
    return {
        "trial": trial.number,
        "state": trial.state,
        "rung": trial.rung,
        "allowed": trial.allowed,
        **{name: values.get(name) for name in objectives},
        "nmse_before": trial.before,
        "nmse_after": trial.nmse,
        "improved": trial.improved,
        "epochs": len(trial.curve),
        "energy_per_point": trial.energy,
        "seconds": trial.seconds,
        **{f"parameters.{name}": value for name, value in trial.parameters.items()},
    }
