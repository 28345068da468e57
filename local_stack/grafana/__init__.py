"""Grafana's dashboards and alert rules, generated from the panels' definitions."""
