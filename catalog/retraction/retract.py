"""A version of a detector is found faulty, or that is taken back: each an event that nobody edits.

No verification is changed. While a version is retracted its re-runs stay readable and citable, and count for nothing:
not for the verdict beside a finding, nor for lists of heads, nor for what is said of a head. The caller commits.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.errors import NotFoundError, RetractionError
from catalog.head_lists.freeze import freeze_head_lists
from catalog.models import Contributor, Detector, DetectorEvent, Verification
from catalog.models.base import now
from catalog.queries.citable import published
from catalog.queries.detector import get_detector
from catalog.vocabulary import DetectorChange, Maturity, Role

_MAY_RETRACT = (Role.CURATOR, Role.ADMIN)


def record_retraction(
    session: Session, slug: str, version: int, reason: str, actor: Contributor | None = None
) -> DetectorEvent:
    """Retract a version of a detector: none of its re-runs counts from here on.

    Args:
        actor: Who decided; None is whoever keeps the catalog's database.

    Raises:
        NotFoundError: There is no such version.
        RetractionError: It is retracted already, no reason is given, or the actor may not decide.
    """
    detector = get_detector(session, slug, version).detector
    if detector.maturity == Maturity.FAULTY:
        raise RetractionError(f"{slug} version {version} is retracted already: `headcat reinstate` takes that back.")
    return _record(session, detector, DetectorChange.RETRACTED, Maturity.FAULTY, reason=reason, actor=actor)


def record_reinstatement(
    session: Session, slug: str, version: int, reason: str, actor: Contributor | None = None
) -> DetectorEvent:
    """Take a retraction back: the version is what it was before, and its re-runs count again.

    Raises:
        NotFoundError: There is no such version.
        RetractionError: It is not retracted, no reason is given, or the actor may not decide.
    """
    detector = get_detector(session, slug, version).detector
    if detector.maturity != Maturity.FAULTY:
        raise RetractionError(f"{slug} version {version} is not retracted, so there is nothing to take back.")
    before = session.scalars(
        select(DetectorEvent.maturity_before)
        .where(DetectorEvent.detector_id == detector.id, DetectorEvent.change == DetectorChange.RETRACTED)
        .order_by(DetectorEvent.id.desc())
        .limit(1)
    ).first()
    return _record(
        session, detector, DetectorChange.REINSTATED, before or Maturity.EXPERIMENTAL, reason=reason, actor=actor
    )


def find_actor(session: Session, name: str) -> Contributor:
    """The contributor of a name.

    Raises:
        NotFoundError: There is none.
    """
    found = session.scalars(select(Contributor).where(Contributor.name == name)).first()
    if found is None:
        raise NotFoundError("contributor", name)
    return found


def _record(
    session: Session,
    detector: Detector,
    change: DetectorChange,
    maturity: Maturity,
    *,
    reason: str,
    actor: Contributor | None,
) -> DetectorEvent:
    if not reason.strip():
        raise RetractionError("A reason is needed: readers of old citations are shown it.")
    if actor is not None and actor.role not in _MAY_RETRACT:
        raise RetractionError(f"{actor.name} is a {actor.role}, and only a curator or an admin decides this.")
    n_verifications = session.scalar(
        select(func.count())
        .select_from(Verification)
        .where(Verification.detector_id == detector.id, published(Verification))
    )
    event = DetectorEvent(
        detector_id=detector.id,
        change=change,
        reason=reason.strip(),
        maturity_before=detector.maturity,
        n_verifications=n_verifications or 0,
        actor_id=None if actor is None else actor.id,
        created_at=now(),
    )
    detector.maturity = maturity
    session.add(event)
    session.flush()
    # Lists for inference engines count verdicts.
    freeze_head_lists(session)
    return event
