"""`headcat circuit discover` on the reference language model, as a user calls it."""

import json

import pytest
from click.testing import CliRunner

from catalog.command import headcat
from ingest.local_models import SHIPPED


@pytest.mark.parametrize("mlps", ["frozen", "recomputed"])
def test_edges_say_what_mlps_did(mlps: str) -> None:
    arguments = ["--task", "indirect_object", "--top", "3", "--prompts", "8", "--mlps", mlps, "--json", "-"]
    done = CliRunner().invoke(headcat, ["circuit", "discover", str(SHIPPED / "reference"), *arguments])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["mlps"] == mlps
    assert len(found["heads"]) == 3
    assert {edge["target"] for edge in found["edges"]} <= {"output", *found["heads"]}
