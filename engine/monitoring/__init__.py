"""Watching processes from outside: a listener of its own for health, readiness and metrics, and a supervisor.

Nothing here is reached by the address that people use: the listener has an address of its own, and only when asked for.
"""

from __future__ import annotations

from engine.monitoring.addresses import Address
from engine.monitoring.child import LifeLine
from engine.monitoring.collecting import Runner
from engine.monitoring.health import Health, Server
from engine.monitoring.listener import Listener
from engine.monitoring.pages import of_process
from engine.monitoring.supervisor import MARGIN, Supervisor

__all__ = ["MARGIN", "Address", "Health", "LifeLine", "Listener", "Runner", "Server", "Supervisor", "of_process"]
