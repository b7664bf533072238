"""A finished case into files: each output is one module here that defines OUTPUT, found by walking the folder."""

from counterseal.outputs._decided import concerns, uses_of_actor, whose_now
from counterseal.outputs._output import CaseView, Output, known_outputs, open_view, write_all

__all__ = [
    "CaseView",
    "Output",
    "concerns",
    "known_outputs",
    "open_view",
    "uses_of_actor",
    "whose_now",
    "write_all",
]
