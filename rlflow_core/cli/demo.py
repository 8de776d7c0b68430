"""`rlflow demo`: everything in one process, with sample projects and a way in for each role."""

from __future__ import annotations

import click
from flask import Flask

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.serve import host_option, serve_everything
from rlflow_core.demo.seed import links, seed


@click.command()
@host_option
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@pass_instance
def demo(instance: Instance, host: str | None, port: int | None) -> None:
    """Run everything in one process with sample projects: real answers, real votes, tasks left to label."""
    serve_everything(instance, host, port, prepare=_prepare, announce=_announce)


def _prepare(app: Flask) -> None:
    with app.app_context():
        seed()


def _announce(app: Flask, address: str) -> None:
    with app.app_context():
        ways_in = links()
    click.echo("Sign in with one of these links; each works once, within 24 hours:")
    for link in ways_in:
        click.echo(f"  {link.role:<11} {address}{link.path}")
