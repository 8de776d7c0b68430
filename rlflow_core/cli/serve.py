"""The commands that keep running: `up` is everything in one process; `web`, `worker` and `beat` are its parts."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

import click
import flask_migrate
from flask import Flask

from rlflow_core.app import create_app
from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.web_server import gunicorn_is_installed, open_waitress, serve_gunicorn
from rlflow_core.config import Settings, SettingsError, load_settings
from rlflow_core.extensions import db
from rlflow_core.jobs.embedded import EmbeddedWorker, only_process_of
from rlflow_core.jobs.likeness import note_web_start
from rlflow_core.jobs.registry import QUEUES
from rlflow_core.jobs.worker import run_beat, run_worker
from rlflow_core.services import accounts, sign_ins

host_option = click.option("--host", help="Address to listen on.")


@click.command()
@host_option
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@pass_instance
def up(instance: Instance, host: str | None, port: int | None) -> None:
    """Run everything in one process: web server and jobs, on the newest database schema."""
    serve_everything(instance, host, port)


@click.command()
@host_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True, help="Web processes.")
@pass_instance
def web(instance: Instance, host: str | None, port: int | None, workers: int) -> None:
    """Run the web server only; jobs go to `rlflow worker` through Redis."""
    settings = _settings(instance, host, port)
    if not settings.redis_url:
        raise SettingsError(
            "RLFLOW_REDIS_URL is not set: nothing would run the jobs of this web server. "
            "Set it, or run everything in one process with `rlflow up`."
        )
    if workers > 1 and not gunicorn_is_installed():
        raise SettingsError("Several web processes need gunicorn. Install it, or add --workers 1.")
    _log_to_stderr()
    app = create_app(settings)
    with app.app_context():
        db.transact(accounts.ensure_first_admin, settings)
        note_web_start()
        db.dispose()
    if gunicorn_is_installed():
        serve_gunicorn(lambda: create_app(settings), settings, workers)
        return
    _end_on_sigterm()
    _serve_web(app, settings, _offer_setup)


@click.command()
@click.option("--concurrency", type=click.IntRange(1), default=2, show_default=True, help="Jobs at once.")
@click.option("-Q", "--queues", default=",".join(QUEUES), show_default=True, help="Queues to work on.")
@click.option(
    "--pool",
    type=click.Choice(["prefork", "threads"]),
    default="prefork",
    show_default=True,
    help="Whether jobs run in processes or in threads.",
)
@pass_instance
def worker(instance: Instance, concurrency: int, queues: str, pool: str) -> None:
    """Run the jobs that web servers ask for through Redis."""
    chosen = [name.strip() for name in queues.split(",") if name.strip()]
    if not chosen or not set(chosen) <= set(QUEUES):
        raise click.UsageError(f"--queues must name some of {', '.join(QUEUES)}, not {queues!r}.")
    sys.exit(run_worker(instance.app, concurrency=concurrency, queues=chosen, pool=pool))


@click.command()
@pass_instance
def beat(instance: Instance) -> None:
    """Make workers look for lost and due jobs every few seconds; one per instance is enough."""
    _log_to_stderr()
    _end_on_sigterm()
    run_beat(instance.app)


def serve_everything(
    instance: Instance,
    host: str | None,
    port: int | None,
    *,
    prepare: Callable[[Flask], None] | None = None,
    announce: Callable[[Flask, str], None] | None = None,
) -> None:
    """Serve until a signal ends it; `prepare` runs on the newest schema, `announce` once the address is known."""
    settings = _settings(instance, host, port)
    _log_to_stderr()
    _end_on_sigterm()
    with _hold_folder(settings):
        _serve_all(settings, prepare, announce or _offer_setup)


def _settings(instance: Instance, host: str | None, port: int | None) -> Settings:
    options = {"host": host, "port": port}
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    return load_settings(**given) if given else instance.settings


def _hold_folder(settings: Settings) -> AbstractContextManager[None]:
    return nullcontext() if settings.redis_url else only_process_of(settings.data_dir)


def _serve_all(
    settings: Settings, prepare: Callable[[Flask], None] | None, announce: Callable[[Flask, str], None]
) -> None:
    app = create_app(settings)
    with app.app_context():
        flask_migrate.upgrade()
        db.transact(accounts.ensure_first_admin, settings)
        note_web_start()
    if prepare:
        prepare(app)
    embedded = EmbeddedWorker(app)
    embedded.start()
    try:
        _serve_web(app, settings, announce)
    finally:
        # A second Ctrl-C ends the process at once.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        click.echo("Stopping.")
        if not embedded.stop():
            _exit_with_running_jobs()


def _serve_web(app: Flask, settings: Settings, announce: Callable[[Flask, str], None]) -> None:
    server = open_waitress(app, settings)
    address = _address(settings, server.effective_port)
    click.echo(f"RLFlow answers at {address} (Ctrl-C stops it).")
    announce(app, address)
    try:
        server.run()
    finally:
        server.close()


def _offer_setup(app: Flask, address: str) -> None:
    with app.app_context():
        if accounts.has_admin(db.read):
            return
        token = db.transact(sign_ins.create_setup_link)
    click.echo(
        f"Nobody can sign in yet. Make the first admin, once, within 24 hours: {address}/setup/{token}"
    )


def _address(settings: Settings, port: int) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{port}"


def _end_on_sigterm() -> None:
    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)


def _exit_with_running_jobs() -> NoReturn:
    click.echo("A job did not stop in time; it starts again with the next `rlflow up`.", err=True)
    logging.shutdown()
    sys.stdout.flush()
    # Python would wait for the job's thread, however long it takes.
    os._exit(0)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("rlflow_core").setLevel(logging.INFO)
