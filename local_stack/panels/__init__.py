"""Panels: one definition each (SQL, words, unit, form), drawn by Grafana and by the report."""

from panels.catalogue import Board, Panel, boards, panel

__all__ = ["Board", "Panel", "boards", "panel"]
