# SPDX-License-Identifier: Apache-2.0
"""Takes the invisible text of an earlier reading off a page that was read anew."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pikepdf

INVISIBLE = 3
_SHOWS = ("Tj", "TJ", "'", '"')
_DEEPEST = 8  # forms within forms


def remove_hidden_text(pdf: pikepdf.Pdf, page: pikepdf.Page) -> None:
    """Removes text objects in which all text is invisible, from a page and the forms it draws.

    What is seen stays as it is: a text object in which anything is painted is left alone. Forms
    are copied before they are changed, for other pages may draw them too. Content that cannot be
    parsed is left alone.
    """
    import pikepdf

    try:
        content, resources = _filtered(pdf, page.obj, page.obj.get("/Resources"), 0, 0)
    except pikepdf.PdfError:
        return
    if content is not None:
        page.obj.Contents = pdf.make_stream(content)
    if resources is not None:
        page.obj.Resources = resources


def _filtered(
    pdf: pikepdf.Pdf, holder: Any, resources: Any, mode: int, depth: int
) -> tuple[bytes | None, Any]:
    """Content and resources of a page or form without hidden text; None for what has none."""
    import pikepdf

    forms: dict[str, Any] = {}
    kept: list[Any] = []
    text: list[Any] = []
    shows: list[int] = []
    stack: list[int] = []
    changed = within = False
    for instruction in pikepdf.parse_content_stream(holder):
        operator = str(instruction.operator)
        if operator == "q":
            stack.append(mode)
        elif operator == "Q" and stack:
            mode = stack.pop()
        elif operator == "Tr":
            mode = int(instruction.operands[0])
        elif operator == "Do":
            _look_into(pdf, resources, str(instruction.operands[0]), mode, depth, forms)
        elif operator == "BT":
            within, text, shows = True, [], []
        elif operator in _SHOWS:
            shows.append(mode)
        (text if within else kept).append(instruction)
        if operator == "ET" and within:
            hidden = bool(shows) and set(shows) == {INVISIBLE}
            kept += _without_shows(text) if hidden else text
            changed, within = changed or hidden, False
    kept += text if within else []
    content = pikepdf.unparse_content_stream(kept) if changed else None
    if not forms:
        return content, None
    resources = copy.copy(resources)
    resources.XObject = copy.copy(resources.XObject)
    for name, form in forms.items():
        resources.XObject[name] = form
    return content, resources


def _look_into(
    pdf: pikepdf.Pdf, resources: Any, name: str, mode: int, depth: int, forms: dict[str, Any]
) -> None:
    """Adds a copy of a form without its hidden text, if it has any."""
    import pikepdf

    objects = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    form = objects.get(name) if isinstance(objects, pikepdf.Dictionary) else None
    if depth >= _DEEPEST or name in forms or not isinstance(form, pikepdf.Stream):
        return
    if form.get("/Subtype") != "/Form":
        return
    content, inner = _filtered(pdf, form, form.get("/Resources", resources), mode, depth + 1)
    if content is None and inner is None:
        return
    forms[name] = pdf.make_indirect(copy.copy(form))
    if content is not None:
        forms[name].write(content)
    if inner is not None:
        forms[name].Resources = inner


def _without_shows(instructions: Sequence[Any]) -> list[Any]:
    """A text object that shows nothing; what it sets for later stays."""
    import pikepdf

    def make(operator: str, *operands: Any) -> Any:
        return pikepdf.ContentStreamInstruction(operands, pikepdf.Operator(operator))

    kept = []
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == '"':
            word, char, _ = instruction.operands
            kept += [make("Tw", word), make("Tc", char), make("T*")]
        elif operator == "'":
            kept.append(make("T*"))
        elif operator not in _SHOWS:
            kept.append(instruction)
    return kept
