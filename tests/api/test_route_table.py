"""Routes come when they are first asked for, and the table knows all of them."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import api.routes
from api.app import create_app
from api.route_table import API_PREFIX, OUTSIDE, RECORDS
from api.settings import ApiSettings


def test_every_module_of_routes_is_in_the_table():
    modules = {path.stem for path in Path(api.routes.__file__).parent.glob("*.py")} - {"__init__"}
    assert modules == {*RECORDS, *OUTSIDE}


@pytest.mark.parametrize(("name", "kinds"), [*RECORDS.items(), *OUTSIDE.items()])
def test_the_table_names_exactly_the_kinds_of_a_module(name: str, kinds: tuple[str, ...]):
    router = import_module(f"api.routes.{name}").router
    assert {route.path.split("/")[1] for route in router.routes} == set(kinds)


def test_the_document_does_not_depend_on_what_was_asked_before():
    fresh = create_app(ApiSettings(database_url="sqlite://"))
    used = create_app(ApiSettings(database_url="sqlite://"))
    with TestClient(used, raise_server_exceptions=False) as client:
        for path in (f"{API_PREFIX}/stats", "/", f"{API_PREFIX}/circuits", "/problems"):
            client.get(path)
        assert client.get("/openapi.json").text == TestClient(fresh).get("/openapi.json").text


def test_a_start_loads_no_routes_and_no_pages():
    program = (
        "import sys; from api.app import create_app; from api.settings import ApiSettings; "
        "create_app(ApiSettings(database_url='sqlite://')); "
        "print([name for name in sys.modules if name.startswith(('api.routes.', 'api.pages.', 'jinja2'))])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
