"""Text that spreadsheets take for a formula, made harmless for CSV and back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# Spreadsheets look past white space and quotes, and read full-width signs as plain ones.
FORMULA = "\\A[\\s\\pZ\\x{feff}\"']*[=+\\-@\\t\\r\\n＝＋－＠]"
GUARD = "'"


def has_formula(texts: pa.Array) -> pa.Array:
    """Which texts a spreadsheet might run."""
    return pc.fill_null(pc.match_substring_regex(texts, FORMULA), False)


def neutralise(texts: pa.Array) -> pa.Array:
    """The texts with a ' in front of those that look like a formula."""
    guard, between = pa.scalar(GUARD, texts.type), pa.scalar("", texts.type)
    return pc.if_else(has_formula(texts), pc.binary_join_element_wise(guard, texts, between), texts)


def restore(texts: pa.Array) -> pa.Array:
    """The texts before `neutralise`."""
    bare = pc.utf8_slice_codeunits(texts, 1)
    is_guarded = pc.and_(pc.fill_null(pc.starts_with(texts, GUARD), False), has_formula(bare))
    return pc.if_else(is_guarded, bare, texts)
