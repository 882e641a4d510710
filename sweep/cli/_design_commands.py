# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of `sweep` about one design or device, without a study."""

# ruff: noqa: PLC0415

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli import _console as console
from sweep.cli import _views as views
from sweep.cli._options import (
    AUTO,
    Choice,
    Corner,
    Json,
    LengthN,
    LengthP,
    NoCrossCheck,
    Noise,
    Pdk,
    Seed,
    Temperature,
    WidthN,
    WidthP,
    decimal,
    simulator_name,
    trainer_name,
)

app = typer.Typer()


@app.command()
def verify(
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What `sweep export` wrote.")
    ],
    simulator: Annotated[
        str | None,
        typer.Option(
            parser=trainer_name,
            metavar="NAME",
            help="The only one to use (default: the export's own).",
        ),
    ] = None,
    no_cross_check: NoCrossCheck = False,
    as_json: Json = False,
) -> None:
    """Simulate an exported design again, and say what differs from its figures, weights, files."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.verify import verify as look_again
        from sweep.study.study_file import load_design

        path = design / "design.toml" if design.is_dir() else design
        epochs = load_design(path).plan.epochs
        with console.epochs_shown(epochs, quiet=as_json) as progress:
            checked = look_again(
                path, simulator=simulator,
                cross_check=not no_cross_check, progress=progress,
            )  # fmt: skip
        if as_json:
            console.print_json(console.finite(checked.to_json()))
        else:
            views.show(views.verification_view(checked))
    raise typer.Exit(0 if checked.ok else console.FAILED)


@app.command()
def simulate(  # noqa: PLR0913, PLR0917  (one for each option)
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What `sweep export` wrote.")
    ],
    simulator: Choice = None,
    corner: Corner = None,
    temperature: Temperature = None,
    mismatch_seed: Seed = None,
    weight_seed: Seed = None,
    noise_seed: Seed = None,
    data_seed: Seed = None,
    as_json: Json = False,
) -> None:
    """Simulate the whole training of one design, and print its figures.

    Corner, temperature and seeds are the file's where they are not given.
    """
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        import pdk
        from circuits import make_trainer
        from sweep.app.simulate import in_scenario
        from sweep.app.simulate import simulate as train
        from sweep.study.study_file import load_design

        design_file = in_scenario(
            load_design(design), corner=corner, temperature=temperature,
            mismatch_seed=mismatch_seed, weight_seed=weight_seed, noise_seed=noise_seed,
            data_seed=data_seed,
        )  # fmt: skip
        trainer = make_trainer(
            simulator or design_file.execution.simulator,
            pdk.locate(design_file.pdk_path, technology=design_file.technology),
            limits=design_file.trainer_limits(),
            processes=design_file.execution.processes,
        )
        with console.epochs_shown(design_file.plan.epochs, quiet=as_json) as progress:
            training = train(design_file, trainer, progress=progress)
        if as_json:
            console.print_json(training.to_json())
        else:
            views.show(views.training_view(training))
    raise typer.Exit(0 if training.ok else console.FAILED)


@app.command()
def trainability(
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What `sweep export` wrote.")
    ],
    points: Annotated[int, typer.Option(min=1, metavar="N", help="Training points.")] = 16,
    epochs: Annotated[
        int, typer.Option(min=0, metavar="N", help="Train so many epochs first.")
    ] = 0,
    noise: Noise = False,
    as_json: Json = False,
) -> None:
    """Show, layer by layer, what a design's updates are worth (docs/trainability.md)."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        import pdk
        from sweep.app.trainability import examine, load, quasistatic_trainer
        from sweep.cli._trainability_views import trainability_view

        design_file = load(design, noise=noise)
        trainer = quasistatic_trainer(
            design_file, pdk.locate(design_file.pdk_path, technology=design_file.technology)
        )
        with console.epochs_shown(epochs, quiet=as_json or not epochs) as progress:
            found = examine(design_file, trainer, points=points, epochs=epochs, progress=progress)
        if as_json:
            console.print_json(console.finite(found.to_json()))
        else:
            views.show(trainability_view(found))


@app.command()
def controls(
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What `sweep export` wrote.")
    ],
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Weight seeds.")] = 3,
    noise: Noise = False,
    as_json: Json = False,
) -> None:
    """Train a design and its controls: frozen layers, exact gradient, software."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        import pdk
        from objectives.controls import controls as train_controls
        from objectives.controls import counts_as_deep
        from sweep.app.trainability import load, quasistatic_trainer
        from sweep.cli._trainability_views import controls_view

        design_file = load(design, noise=noise)
        trainer = quasistatic_trainer(
            design_file, pdk.locate(design_file.pdk_path, technology=design_file.technology)
        )
        with console.trainings_shown(quiet=as_json) as progress:
            found = train_controls(
                trainer, design_file.plan, design_file.design, seeds=seeds, progress=progress
            )
        if as_json:
            console.print_json(console.finite({"name": design_file.name, **found.to_dict()}))
        else:
            views.show(controls_view(design_file.name, found, deep=counts_as_deep(found)))


@app.command()
def stability(
    design: Annotated[
        Path, typer.Argument(metavar="DESIGN.toml", help="What `sweep export` wrote.")
    ],
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Weight seeds.")] = 3,
    epochs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Of each training (default: the file's).")
    ] = None,
    scales: Annotated[
        list[float] | None,
        typer.Option(
            "--scale",
            parser=decimal(1e-6),
            metavar="X",
            help="Of the update scales; repeatable.",
        ),
    ] = None,
    noise: Noise = False,
    as_json: Json = False,
) -> None:
    """Does its training repeat? How a microvolt on the first weights grows."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        import pdk
        from objectives.stability import SCALES
        from objectives.stability import stability as touch
        from sweep.app.trainability import load, quasistatic_trainer
        from sweep.cli._trainability_views import stability_view

        design_file = load(design, noise=noise)
        plan = dataclasses.replace(design_file.plan, epochs=epochs or design_file.plan.epochs)
        trainer = quasistatic_trainer(
            design_file, pdk.locate(design_file.pdk_path, technology=design_file.technology)
        )
        with console.trainings_shown(quiet=as_json) as progress:
            found = touch(
                trainer, plan, design_file.design,
                seeds=seeds, scales=scales or SCALES, progress=progress,
            )  # fmt: skip
        if as_json:
            console.print_json(console.finite({"name": design_file.name, **found.to_dict()}))
        else:
            views.show(stability_view(design_file.name, found))


@app.command()
def replay(
    trajectory: Annotated[
        Path, typer.Argument(metavar="TRAJECTORY.npz", help="A recorded training.")
    ],
    simulator: Choice = None,
    pdk: Pdk = None,
    as_json: Json = False,
) -> None:
    """Replay a recorded training in this program's circuit, and print the deviations."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.replay import replay as play

        played = play(trajectory, simulator=simulator or AUTO, pdk_path=pdk)
        if as_json:
            console.print_json(played.to_json())
        else:
            views.show(views.replay_view(played))


@app.command()
def characterize(  # noqa: PLR0913, PLR0917  (one for each option)
    synapse: Annotated[
        str | None,
        typer.Option(
            metavar="KIND", help="Its kind, of this program or of a package (default: cmos)."
        ),
    ] = None,
    flavour: Annotated[
        str | None, typer.Option(metavar="F", help="Transistors: a flavour of any technology.")
    ] = None,
    width_p: WidthP = None,
    width_n: WidthN = None,
    length_p: LengthP = None,
    length_n: LengthN = None,
    multiplicity: Annotated[
        int | None, typer.Option(metavar="M", help="Transistors in parallel (default: 1).")
    ] = None,
    corner: Corner = None,
    temperature: Temperature = None,
    simulator: Annotated[
        str,
        typer.Option(
            parser=simulator_name(),
            metavar="NAME",
            help="xyce, ngspice, or auto: Xyce where it is installed, else ngspice.",
        ),
    ] = AUTO,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to (default: out/SYNAPSE-FLAVOUR-CORNER)."),
    ] = None,
    pdk: Pdk = None,
    as_json: Json = False,
) -> None:
    """Measure a synapse and its transistors: a page of curves, and their numbers as CSV.

    Corner and temperature are tt and 27 degrees where they are not given.
    """
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.characterize import characterize as measure

        values = {
            "synapse.kind": synapse, "synapse.flavour": flavour,
            "synapse.width_p": width_p, "synapse.width_n": width_n,
            "synapse.length_p": length_p, "synapse.length_n": length_n,
            "synapse.multiplicity": multiplicity,
        }  # fmt: skip
        done = measure(
            values, corner=corner, temperature=temperature, simulator=simulator, pdk_path=pdk,
            to=out,
        )  # fmt: skip
        if as_json:
            console.print_json(done.to_json())
        else:
            for name in done.files:
                typer.echo(done.directory / name)
