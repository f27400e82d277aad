"""What makes the first answer come sooner; called before anything else imports the web framework."""

import sys


def import_framework() -> None:
    """Import the web framework, its models built when first used, and without a library that is not used.

    The framework's models of the OpenAPI document are a fifth of its import and serve one address. It also looks for
    models of pydantic's first version wherever it meets a type; there are none here, and where that module cannot be
    imported it takes none for granted.
    """
    from pydantic import BaseModel  # noqa: PLC0415 - after the caller has decided to serve

    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
    BaseModel.model_config["defer_build"] = True
    try:
        import fastapi  # noqa: F401, PLC0415
    finally:
        del BaseModel.model_config["defer_build"]
