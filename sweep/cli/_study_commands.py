# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `sweep`. Each command imports what it needs only when it runs, so `--help` is quick."""

# ruff: noqa: PLC0415

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from sweep._version import __version__
from sweep.cli import _console as console
from sweep.cli import _views as views
from sweep.cli._design_commands import app as of_designs
from sweep.cli._options import (
    AUTO,
    QUASISTATIC,
    Choice,
    Json,
    NoCrossCheck,
    OnInterrupt,
    Out,
    Pdk,
    decimal,
    trainer_name,
)

app = typer.Typer(
    name="sweep",
    help="Find the biasings that let analog circuits train themselves.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(of_designs)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal may know ASCII only
    app()


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"analog-sweep {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command()
def run(  # noqa: PLR0913, PLR0917  (one for each option)
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.")],
    trials: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Trials, if not the study's own.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Simulations at a time (default: cores).")
    ] = None,
    simulator: Choice = None,
    storage: Annotated[
        str | None, typer.Option(metavar="URL", help="Optuna storage (default: OUT/journal.log).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Where results go (default: out/STUDY).")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the study in OUT.")] = False,
    extend: Annotated[
        bool, typer.Option("--extend", help="Go on with it by a file with wider ranges.")
    ] = False,
    address: Annotated[
        str | None, typer.Option(metavar="A", help="A running Ray cluster (default: none).")
    ] = None,
    on_interrupt: Annotated[
        OnInterrupt, typer.Option(help="What the first Ctrl-C does about running simulations.")
    ] = OnInterrupt.FINISH,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Simulate what another study has simulated, too.")
    ] = False,
    allow_hub: Annotated[
        bool,
        typer.Option("--allow-hub", help="Fetch and run OptunaHub's code (search.sampler = auto)."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Run a study, or go on with one."""
    with console.errors(as_json):
        from sweep.driver.driver import Settings, run_study
        from sweep.observers.progress import JsonObserver, RichObserver
        from sweep.study.study_file import load

        study_file = load(study)
        settings = Settings(
            out=Path("out") / study.stem if out is None else out,
            storage=storage,
            workers=workers,
            simulator=simulator,
            trials=trials,
            resume=resume,
            extend=extend,
            address=address,
            on_interrupt="drop" if on_interrupt is OnInterrupt.DROP else "finish",
            cache=not no_cache,
            allow_hub=allow_hub,
        )
        if not as_json and (settings.simulator or study_file.transient) == AUTO:
            typer.echo(views.choice_words())
        with JsonObserver() if as_json else RichObserver() as observer:
            summary = run_study(study_file, settings, observer=observer)
        if summary.complete and not summary.stopped and not as_json:
            export_it = f"; sweep export {summary.out}" if summary.best else ""
            typer.echo(f"next: sweep report {summary.out}{export_it}")
    raise typer.Exit(summary.exit_code)


@app.command()
def status(out: Out, as_json: Json = False) -> None:
    """Show how far a study has come."""
    with console.errors(as_json):
        from sweep.app.status import status as look
        from sweep.search.opening import open_results

        found = look(open_results(out))
        if as_json:
            console.print_json(console.finite(found.to_json()))
        else:
            views.show(views.status_view(found))


@app.command()
def stop(
    out: Out,
    drop: Annotated[
        bool, typer.Option("--drop", help="Do not wait for the running simulations.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Have the driver of a study end once its running simulations have."""
    with console.errors(as_json):
        from sweep.app.steer import Request, steer

        steered = steer(out, Request.DROP if drop else Request.STOP)
        if as_json:
            console.print_json(steered.to_json())
        else:
            typer.echo(steered)


@app.command()
def pause(
    out: Out,
    go_on: Annotated[bool, typer.Option("--continue", help="Begin simulations again.")] = False,
    as_json: Json = False,
) -> None:
    """Have the driver of a study begin nothing more until --continue."""
    with console.errors(as_json):
        from sweep.app.steer import Request, steer

        steered = steer(out, None if go_on else Request.PAUSE)
        if as_json:
            console.print_json(steered.to_json())
        else:
            typer.echo(steered)


@app.command()
def report(
    out: Out,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The HTML file (default: OUT/report.html).")
    ] = None,
    pages: Annotated[
        int, typer.Option(min=1, metavar="N", help="Trials with a full page, the best ones.")
    ] = 12,
    waveforms: Annotated[
        bool,
        typer.Option("--waveforms", help="Simulate points of the best trial for their waveforms."),
    ] = False,
    animation: Annotated[
        Path | None,
        typer.Option(metavar="FILE.gif", help="Write the best trial's training as a film, too."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write it again and again while the study runs.")
    ] = False,
    every: Annotated[
        float,
        typer.Option(
            parser=decimal(1.0), metavar="SECONDS", help="How often, with --watch; at least 1."
        ),
    ] = 30.0,
    as_json: Json = False,
) -> None:
    """Write a study's report: one HTML file, to be opened in any browser."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.report import report as write
        from sweep.results.overview import overview
        from sweep.search.opening import open_results

        written = write(
            out, to=to, pages=pages, waveforms=waveforms, animation=animation,
            every=every if watch else None,
        )  # fmt: skip
        if as_json:
            ladder = [rung.to_json() for rung in overview(open_results(out)).ladder]
            console.print_json({"report": str(written[0]), "ladder": ladder})
        else:
            for path in written:
                typer.echo(path)


@app.command()
def export(
    out: Out,
    trial: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Number of the trial (default: the best)."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to (default: OUT/best or OUT/trial-N)."),
    ] = None,
    no_verify: Annotated[
        bool, typer.Option("--no-verify", help="Do not simulate the training again.")
    ] = False,
    no_cross_check: NoCrossCheck = False,
    as_json: Json = False,
) -> None:
    """Write a trial's design, netlists and weights, and simulate it again to verify them."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.export import export as write
        from sweep.search.opening import open_results

        results = open_results(out)
        with console.epochs_shown(results.study_file.ladder.top.epochs, quiet=as_json) as progress:
            exported = write(
                results, trial=trial, to=to, verify=not no_verify, cross_check=not no_cross_check,
                progress=progress,
            )  # fmt: skip
        if as_json:
            console.print_json(console.finite(exported.to_json()))
        else:
            views.show(views.export_view(exported))
            for note in exported.notes:
                typer.echo(note, err=True)
    raise typer.Exit(0 if no_verify or exported.verified else console.FAILED)


@app.command()
def migrate(
    path: Annotated[
        Path, typer.Argument(metavar="FILE|OUT", help="A study or design file, or a directory.")
    ],
    as_json: Json = False,
) -> None:
    """Rewrite files of version 1, and directories of earlier studies, as of today."""
    with console.errors(as_json):
        from sweep.app.migrate import migrate as rewrite

        found = rewrite(path)
        if as_json:
            console.print_json(found.to_json())
        else:
            views.show(views.migrated_view(found, path))


@app.command()
def sensitivity(
    out: Out,
    trial: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Number of the trial (default: the best)."),
    ] = None,
    step: Annotated[
        float,
        typer.Option(
            parser=decimal(0.01, 50.0), metavar="P", help="How far, in percent, 0.01 to 50."
        ),
    ] = 5.0,
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Weight seeds that a value is the mean of.")
    ] = 1,
    simulator: Annotated[
        str,
        typer.Option(parser=trainer_name, metavar="NAME", help="What computes the trainings."),
    ] = QUASISTATIC,
    as_json: Json = False,
) -> None:
    """Move each parameter of a trial up and down a little, and train again."""
    with console.errors(as_json), console.stages_shown(quiet=as_json):
        from sweep.app.sensitivity import sensitivity as look
        from sweep.cli._sensitivity_view import sensitivity_view
        from sweep.search.opening import open_results

        results = open_results(out)
        with console.trainings_shown(quiet=as_json) as progress:
            found = look(
                results, trial=trial, step=step / 100.0, seeds=seeds, simulator=simulator,
                progress=progress,
            )  # fmt: skip
        if as_json:
            console.print_json(console.finite(found.to_json()))
        else:
            views.show(sensitivity_view(found))


@app.command()
def dashboard(
    out: Out,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="P", help="On this machine; 0: any free one.")
    ] = 8080,
    as_json: Json = False,
) -> None:
    """Show a study in optuna-dashboard while it runs, until Ctrl-C."""
    with console.errors(as_json):
        from sweep.app.dashboard import Dashboard

        with Dashboard(out, port=port) as shown:
            if as_json:
                console.print_json({"url": shown.url})
            else:
                typer.echo(f"{shown.url}\nCtrl-C ends it.")
            sys.stdout.flush()
            with contextlib.suppress(KeyboardInterrupt):
                shown.serve()


@app.command()
def doctor(
    out: Annotated[
        Path | None, typer.Argument(metavar="OUT", help="Where results are to go (default: here).")
    ] = None,
    pdk: Pdk = None,
    no_ray: Annotated[
        bool, typer.Option("--no-ray", help="Do not start Ray, which takes seconds.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Try what a study does on this machine, and say what mends or installs the rest."""
    with console.errors(as_json):
        from sweep.app.doctor import examine

        found = examine(pdk, out=out, ray=not no_ray)
        if as_json:
            console.print_json(found.to_json())
        else:
            views.show(views.examination_view(found))
    raise typer.Exit(0 if found.ok else console.FAILED)


@app.command()
def validate(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="The study file.")],
    simulator: Choice = None,
    as_json: Json = False,
) -> None:
    """Check a study file, and show what it searches."""
    with console.errors(as_json):
        from sweep.study.check import check_study
        from sweep.study.refusals import refusals
        from sweep.study.study_file import load

        study_file = load(study)
        start = check_study(study_file)
        refused = refusals(study_file, simulator)
        if as_json:
            from sweep.app.documents import study_document

            console.print_json(study_document(study_file, start, refused))
        else:
            views.show(views.study_view(study_file, start))
            for refusal in refused:
                typer.echo(f"warning: {refusal.message}", err=True)


@app.command()
def fields(
    kind: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=KIND", help="List the quantities of this part, such as amplifier=linear."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the quantities of a design: default, legal range, meaning."""
    with console.errors(as_json):
        from sweep.app.documents import fields_document, fields_of

        if as_json:
            console.print_json(console.finite(fields_document(kind or ())))
        else:
            views.show(views.fields_view(fields_of(kind or ())))
