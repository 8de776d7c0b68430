"""`rlflow users`: accounts, made and changed by whoever runs this instance."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from rlflow_core.cli.instance import Instance, pass_instance
from rlflow_core.cli.output import json_option, show
from rlflow_core.extensions import db
from rlflow_core.security.emails import canonical_email
from rlflow_core.services import accounts, sign_ins
from rlflow_core.services import users as people
from rlflow_core.services.users import Filters, UserView

ROLE = click.Choice(accounts.ROLES)
BATCH = 500


@click.group("users")
def users() -> None:
    """List and make accounts, give roles, close and open accounts, make links."""


@users.command("list")
@click.option("--find", "text", help="A part of the address.")
@click.option("--role", type=ROLE, help="Only people with this role.")
@json_option
@pass_instance
def list_users(instance: Instance, text: str | None, role: str | None, *, as_json: bool) -> None:
    """List people in the order of their addresses; annotators of imported files are left out."""
    found: list[UserView] = []
    with instance.app.app_context():
        filters = Filters(text=text, role=role, kind="human")
        while batch := people.page(db.read, filters, BATCH, found[-1].email if found else None):
            found += batch
    lines = (f"{one.email}  {one.role}{'  closed' if one.disabled else ''}" for one in found)
    show([asdict(one) for one in found], "\n".join(lines), as_json=as_json)


@users.command("create")
@click.argument("email")
@click.option("--role", type=ROLE, default="annotator", show_default=True, help="What the person may do.")
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else it is asked."
)
@json_option
@pass_instance
def create(instance: Instance, email: str, role: str, *, password_stdin: bool, as_json: bool) -> None:
    """Make an account for EMAIL."""
    with instance.app.app_context():
        canonical = canonical_email(email)
        new = accounts.credentials(canonical, _password(from_stdin=password_stdin))
        account = db.transact(accounts.create_user, new, role)
    show(asdict(account), f"{account.email} is now {_article(role)}.", as_json=as_json)


@users.command("promote")
@click.argument("email")
@click.option("--role", type=ROLE, default="researcher", show_default=True, help="What the person may do.")
@json_option
@pass_instance
def promote(instance: Instance, email: str, role: str, *, as_json: bool) -> None:
    """Give EMAIL another role; the person signs in anew."""
    with instance.app.app_context():
        account = db.transact(accounts.set_role, email, role)
    show(asdict(account), f"{account.email} is now {_article(role)}.", as_json=as_json)


@users.command("disable")
@click.argument("email")
@json_option
@pass_instance
def disable(instance: Instance, email: str, *, as_json: bool) -> None:
    """Close the account of EMAIL at once; its work stays."""
    with instance.app.app_context():
        account = db.transact(accounts.disable, email)
    show(asdict(account), f"{account.email} can no longer sign in.", as_json=as_json)


@users.command("enable")
@click.argument("email")
@json_option
@pass_instance
def enable(instance: Instance, email: str, *, as_json: bool) -> None:
    """Open the closed account of EMAIL again."""
    with instance.app.app_context():
        account = db.transact(accounts.enable, email)
    show(asdict(account), f"{account.email} can sign in again.", as_json=as_json)


@users.command("end-sessions")
@click.argument("email")
@json_option
@pass_instance
def end_sessions(instance: Instance, email: str, *, as_json: bool) -> None:
    """End all sign-ins and API tokens of EMAIL at once."""
    with instance.app.app_context():
        canonical = canonical_email(email)
        ended = db.transact(people.end_sessions, people.id_of(db.read, canonical))
    said = f"{ended} sign-ins and API tokens of {canonical} have ended."
    show({"email": canonical, "ended": ended}, said, as_json=as_json)


@users.command("link")
@click.argument("email")
@click.option("--password", "chooses", is_flag=True, help="The person chooses a new password by it.")
@json_option
@pass_instance
def link(instance: Instance, email: str, *, chooses: bool, as_json: bool) -> None:
    """Print a link that signs EMAIL in, once, within 24 hours."""
    with instance.app.app_context():
        canonical = canonical_email(email)
        if chooses:
            user_id = people.id_of(db.read, canonical)
            path = f"/password/{db.transact(people.create_password_link, user_id)}"
        else:
            path = f"/link/{db.transact(sign_ins.create_sign_in_link, canonical)}"
    # The command cannot know under which address people reach this instance: it prints the path.
    show({"email": canonical, "path": path}, path, as_json=as_json)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
