"""Which roles may call an endpoint: declared on the endpoint, decided in one place before it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Role = Literal["public", "annotator", "researcher", "admin"]
Face = Literal["api", "web"]
View = TypeVar("View", bound=Callable[..., Any])

SIGNED_IN: tuple[Role, ...] = ("annotator", "researcher", "admin")
"""Everybody who has an account."""

_MARK = "rlflow_access"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an endpoint, and how they prove who they are: by token (api) or by cookie (web).

    `takes_api_tokens` is False where a person must have signed in themselves.
    """

    face: Face
    roles: frozenset[Role]
    takes_api_tokens: bool = True

    @property
    def is_public(self) -> bool:
        """Whether nobody needs to sign in."""
        return "public" in self.roles

    def admits(self, role: str) -> bool:
        """Whether a person with `role` may call; admins may do what researchers may."""
        return role in self.roles or (role == "admin" and "researcher" in self.roles)


def declare(face: Face, roles: tuple[Role, ...], *, takes_api_tokens: bool = True) -> Callable[[View], View]:
    """A decorator that declares who may call a view function, or a method of a view class."""
    known = {"public", *SIGNED_IN}
    if not roles or not known.issuperset(roles):
        raise ValueError(f"roles must be some of {', '.join(sorted(known))}, not {roles!r}.")
    access = Access(face, frozenset(roles), takes_api_tokens)

    def mark(view: View) -> View:
        setattr(view, _MARK, access)
        return view

    return mark


def access_of(view: Callable[..., Any], method: str) -> Access | None:
    """What `view` declares for `method`, or None if it declares nothing."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        name = "get" if method == "HEAD" and not hasattr(view_class, "head") else method.lower()
        view = getattr(view_class, name, view_class)
    access = getattr(view, _MARK, None) or getattr(view_class, _MARK, None)
    return access if isinstance(access, Access) else None
