"""Claims that a re-run can be asked for, with what it needs to know of each."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.base import ExecutableOption

from catalog.errors import NotFoundError
from catalog.models import Finding
from catalog.queries.citable import accession_of, near_accessions, select_published, standing
from catalog.queries.head_type import resolve_head_type
from catalog.queries.language_model import ids_of_language_model
from catalog.vocabulary import EntryKind


def _loaded() -> list[ExecutableOption]:
    # Made when asked for: at import all mappers would be configured.
    return [joinedload(Finding.language_model), joinedload(Finding.head_type), joinedload(Finding.paper)]


def claims_by_accession(session: Session, accessions: Sequence[str]) -> list[Finding]:
    """The claims of these accessions, in the order asked for.

    Raises:
        InvalidNotationError: A text is no accession of a finding.
        NotFoundError: There is no such finding.
        WithdrawnError: It was withdrawn.
    """
    wanted = list(dict.fromkeys(accession_of(EntryKind.FINDING, text) for text in accessions))
    found = {
        finding.accession: finding
        for finding in session.scalars(select(Finding).where(Finding.accession.in_(wanted)).options(*_loaded()))
    }
    for accession in wanted:
        if accession not in found:
            raise NotFoundError("finding", accession, near_accessions(session, Finding, accession))
    return [standing(found[accession]) for accession in wanted]


def claims(session: Session, *, language_model: str | None = None, head_type: str | None = None) -> list[Finding]:
    """Every claim that stands, of one language model and one head type where asked for.

    Raises:
        NotFoundError: There is no such language model or head type.
        AmbiguousNameError: The name stands for several head types.
    """
    statement = select_published(Finding).options(*_loaded()).order_by(Finding.accession)
    if language_model is not None:
        statement = statement.where(Finding.language_model_id.in_(ids_of_language_model(session, language_model)))
    if head_type is not None:
        statement = statement.where(Finding.head_type_id == resolve_head_type(session, head_type).id)
    return list(session.scalars(statement))
