"""All tables: whoever reads everything must not miss those of a module that nobody has imported yet."""

from __future__ import annotations

import importlib
import pathlib
import pkgutil

from engine.store import tables

for _module in pkgutil.iter_modules([str(pathlib.Path(__file__).parent)]):
    if _module.name.startswith("tables_"):
        importlib.import_module(f"engine.store.{_module.name}")

metadata = tables.metadata
