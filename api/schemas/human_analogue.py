"""What the JSON of a human analogue holds."""

from typing import Self

from pydantic import Field

from api.schemas.base import Links, Record
from api.schemas.refs import PaperRef
from catalog import models


class HumanAnalogueRecord(Record):
    """A parallel between language models and people."""

    slug: str = Field(description="Permanent name of the analogue.")
    analogue: str = Field(description="The human side.")
    statement: str = Field(description="The parallel in a sentence.")
    paper: PaperRef = Field(description="Who draws it.")
    analogue_papers: list[PaperRef] = Field(description="Work on people that backs the human side.")
    url: str = Field(description="Address of the record.")

    @classmethod
    def of(cls, analogue: models.HumanAnalogue, links: Links) -> Self:
        """An analogue."""
        return cls.read(
            analogue,
            paper=PaperRef.of(analogue.paper, links),
            analogue_papers=[PaperRef.of(each.paper, links) for each in analogue.analogue_papers],
            url=links.to("human-analogues", analogue.slug),
        )
