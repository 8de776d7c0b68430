"""How large a request may be, and which characters its address may hold."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from rlflow_core.security.roles import View
from rlflow_core.services.errors import Invalid, NotFound

BODY_BYTES = 4 * 1024 * 1024
UPLOAD_BYTES = 50 * 1024 * 1024
UPLOAD_PARTS = 100
FORM_FIELDS = 5_000

NO_NUL = "It may not hold the character NUL."

_MARK = "rlflow_body_limit"
_READS_ANY_TEXT = "rlflow_reads_any_text"


def init_app(app: Flask) -> None:
    """Bound every request of `app`; call before the gate is put up, since that may read the body."""
    app.config.update(
        MAX_CONTENT_LENGTH=BODY_BYTES, MAX_FORM_MEMORY_SIZE=BODY_BYTES, MAX_FORM_PARTS=UPLOAD_PARTS
    )
    app.before_request(_bound)


def body_limit(size: int) -> Callable[[View], View]:
    """Let an endpoint take bodies of up to `size` bytes, such as UPLOAD_BYTES, instead of BODY_BYTES."""

    def mark(view: View) -> View:
        setattr(view, _MARK, size)
        return view

    return mark


def reads_any_text(view: View) -> View:
    """Let a page look at what no database stores, because it says so at the field and keeps the rest of the form."""
    setattr(view, _READS_ANY_TEXT, True)
    return view


def check_field_count() -> None:
    """Refuse a form with more than FORM_FIELDS fields before it is taken apart; uploads have UPLOAD_PARTS."""
    is_plain = request.mimetype == "application/x-www-form-urlencoded"
    # What is read here is kept, so that the form is made from it.
    if is_plain and request.get_data(parse_form_data=False).count(b"&") >= FORM_FIELDS:
        raise RequestEntityTooLarge(f"A form has at most {FORM_FIELDS} fields.")


def check_form_text() -> None:
    """Refuse a form with a NUL, which no database stores in a text, unless its page says so itself."""
    if hasattr(current_app.view_functions.get(request.endpoint or ""), _READS_ANY_TEXT):
        return
    for name, value in request.form.items(multi=True):
        if "\0" in name or "\0" in value:
            raise Invalid("The form does not fit.", {name.replace("\0", "\\0"): [NO_NUL]})


def _bound() -> None:
    if "\0" in request.path:
        raise NotFound("address")
    # No database stores NUL in a text, so no search can be for one.
    for name, value in request.args.items(multi=True):
        if "\0" in name or "\0" in value:
            shown = name.replace("\0", "\\0")
            raise Invalid("The address does not fit.", {"query": {shown: [NO_NUL]}})
    view = current_app.view_functions.get(request.endpoint or "")
    size = getattr(view, _MARK, None)
    if isinstance(size, int):
        request.max_content_length = size
