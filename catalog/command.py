"""The `headcat` command: finds sub-commands by entry point and loads only the one that is called.

This module imports neither `ingest` nor `api`; each package contributes its sub-commands under the entry-point
group `headcat.commands` in `pyproject.toml`.
"""

import sys
from functools import cache
from importlib.metadata import EntryPoint, distribution, entry_points
from typing import Any

import click

GROUP = "headcat.commands"


# Looking through all installed packages takes longer than the rest of a start: once at most, and not for our own.
@cache
def _own_commands() -> dict[str, EntryPoint]:
    return {point.name: point for point in distribution("headcat").entry_points if point.group == GROUP}


@cache
def _every_command() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)} | _own_commands()


class EntryPointGroup(click.Group):
    """A group whose sub-commands are entry points."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all contributed sub-commands."""
        return sorted(_every_command())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one sub-command."""
        found = _own_commands().get(cmd_name) or _every_command().get(cmd_name)
        return None if found is None else found.load()

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Name the nearest sub-command when there is none of this name."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as problem:
            import difflib  # noqa: PLC0415 - needed for a typing error only

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), n=1)
            hint = f" Did you mean {near[0]}?" if near else " `headcat --help` lists them."
            raise click.UsageError(f"There is no command {args[0]!r}.{hint}", ctx) from problem


@click.command(
    cls=EntryPointGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The catalog of attention heads in language models: query, contribute, re-run, cite.",
)
@click.version_option(package_name="headcat", message="headcat %(version)s")
def headcat() -> None:
    """Root of all sub-commands."""


def main() -> None:
    """Run the command; any error a user can act on is one sentence on standard error.

    Exit codes: 0 done, 1 failure, 2 bad input.
    """
    from catalog.errors import CatalogError, DatabaseUnavailableError, SchemaVersionError  # noqa: PLC0415

    try:
        code = headcat.main(standalone_mode=False)
    except click.exceptions.Abort:
        _stop("Stopped.", 1)
    except click.UsageError as problem:
        _stop(problem.format_message(), 2)
    except click.ClickException as problem:
        _stop(problem.format_message(), problem.exit_code)
    except (DatabaseUnavailableError, SchemaVersionError) as problem:
        _stop(str(problem), 1)
    except CatalogError as problem:
        _stop(str(problem), 2)
    except BrokenPipeError:
        # The reader of a pipe went away, as in `headcat detectors | head -1`.
        sys.stderr.close()
        sys.exit(0)
    except Exception as problem:
        sentence = _system_trouble(problem)
        if sentence is None:
            raise
        _stop(sentence, 1)
    else:
        sys.exit(code if isinstance(code, int) else 0)


def _system_trouble(problem: Exception) -> str | None:
    """One sentence for a failure of disk or database; None for a fault of ours, which keeps its traceback."""
    if isinstance(problem, OSError):
        where = f"{problem.filename}: " if problem.filename else ""
        return f"{where}{problem.strerror or problem}. Nothing was left half-written."
    if "sqlalchemy" in sys.modules:
        from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - loaded already, or this is no database trouble

        from catalog.db import describe  # noqa: PLC0415

        if isinstance(problem, DBAPIError):
            return f"The catalog cannot be used: {describe(problem)}."
    return None


def _stop(message: str, code: int) -> None:
    click.echo(f"headcat: {message}", err=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
