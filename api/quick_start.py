"""What makes the first answer come sooner; called before the web framework is imported."""

import sys


def put_off_building() -> None:
    """Have models build their validators when first used, and leave out a library that is not used.

    The framework's models of the OpenAPI document are a fifth of its import and serve one address. It also looks for
    models of pydantic's first version wherever it meets a type; there are none here, and where that module cannot be
    imported it takes none for granted.
    """
    from pydantic import BaseModel  # noqa: PLC0415 - after the caller has decided to serve

    BaseModel.model_config["defer_build"] = True
    sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]
