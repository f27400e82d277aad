"""All tasks by name: every module of this folder that holds a task is found."""

import importlib
import pkgutil

import ingest.tasks
from ingest.tasks.task import Task


def load_tasks() -> dict[str, Task]:
    """Every task by its name, in alphabetical order."""
    modules = (
        importlib.import_module(f"{ingest.tasks.__name__}.{each.name}")
        for each in pkgutil.iter_modules(ingest.tasks.__path__)
    )
    found = {each.name: each for module in modules for each in vars(module).values() if isinstance(each, Task)}
    return dict(sorted(found.items()))
