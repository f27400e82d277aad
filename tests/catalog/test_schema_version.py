"""What the light look at the migrations says is what alembic says."""

from alembic.script import ScriptDirectory

from catalog.schema import alembic_config
from catalog.schema_version import head_revision, known_revisions


def test_versions_are_those_that_alembic_knows() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    assert head_revision() == scripts.get_current_head()
    assert known_revisions() == {each.revision: each.down_revision for each in scripts.walk_revisions()}
