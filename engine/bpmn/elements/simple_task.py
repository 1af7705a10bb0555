"""Undefined and manual tasks: work the engine knows of but neither does nor waits for (BPMN 10.3.3)."""

from engine.bpmn.elements import activity


class SimpleTask(activity.Activity):
    """A task that passes through and leaves its mark in the history."""
