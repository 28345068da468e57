"""The report: the panels of the serving database and of the marts on one self-contained page."""

from report.render import Rendered, render

__all__ = ["Rendered", "render"]
