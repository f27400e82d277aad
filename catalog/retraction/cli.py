"""headcat retract | reinstate: for who keeps the catalog. Heavy imports stand inside the functions."""

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., None]


def _named(command: Command) -> Command:
    for option in (
        click.option("--by", "actor_name", metavar="NAME", help="Contributor who decided; a curator or an admin."),
        click.option("--reason", required=True, help="Why, in a sentence: it is shown beside every re-run it touches."),
        click.argument("version", type=click.IntRange(min=1)),
        click.argument("name", metavar="DETECTOR"),
    ):
        command = option(command)
    return command


@click.command()
@_named
def retract(**given: Any) -> None:
    """Mark VERSION of DETECTOR faulty: its re-runs stay readable, and none of them counts any more."""
    from catalog.retraction.retract import record_retraction

    _run(record_retraction, "retracted: of its re-runs, {n}, none counts any more.", **given)


@click.command()
@_named
def reinstate(**given: Any) -> None:
    """Take a retraction back: the re-runs by VERSION of DETECTOR count again."""
    from catalog.retraction.retract import record_reinstatement

    _run(record_reinstatement, "reinstated: its re-runs, {n}, count again.", **given)


def _run(
    record: Callable[..., Any], said: str, *, name: str, version: int, reason: str, actor_name: str | None
) -> None:
    from catalog.db import make_engine, transaction
    from catalog.retraction.retract import find_actor
    from catalog.schema_version import require_current
    from catalog.settings import CatalogSettings

    engine = make_engine(CatalogSettings().database_url)
    require_current(engine)
    with transaction(engine) as session:
        actor = None if actor_name is None else find_actor(session, actor_name)
        n = record(session, name, version, reason, actor).n_verifications
    click.echo(f"{name} version {version} is {said.format(n=f'{n:,}')}")
