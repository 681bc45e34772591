"""How a path shows itself in Python: figures, and what a notebook displays. Matplotlib is imported when it is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ridgepath.errors import InputError
from ridgepath.report.summary import Summary

if TYPE_CHECKING:
    from ridgepath.report.figures import Display


class Shown:
    """What has a summary and shows it."""

    def summary(self) -> Summary:
        """Return every number of the report."""
        raise NotImplementedError

    def plot(self, kind: str = "path", *, ax: Any = None, lang: str = "en") -> Display:
        """Draw with matplotlib, and return a display, as scikit-learn has them: with ``figure_``, ``ax_``, ``axes_``.

        Args:
            kind: ``path``, data losses against strength, or ``curves``, data losses and metrics over epochs.
            ax: axes to draw on: one a variant of a path, two a row of curves; by default those of a new figure.
            lang: ``en`` for English, ``ar`` for Egyptian Arabic.

        Raises:
            InputError: there is no such kind or language, or there are more axes or fewer.
        """
        from ridgepath.report.figures import CurvesDisplay, PathDisplay

        displays: dict[str, type[PathDisplay | CurvesDisplay]] = {"path": PathDisplay, "curves": CurvesDisplay}
        if kind not in displays:
            raise InputError("path or curves to plot", received=repr(kind), remedy="Choose one of them.")
        return displays[kind].from_path(self, ax=ax, lang=lang)

    def _repr_html_(self) -> str:
        """Show the answer, a small table and the figure of the path in a notebook."""
        from ridgepath.report.notebook import notebook_html

        return notebook_html(self.summary())
