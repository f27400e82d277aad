"""Versions of detectors, and what was decided about them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.checks.rule import Rule
from catalog.models import Detector, DetectorEvent
from catalog.vocabulary import DetectorChange, Maturity


def faulty_ones_were_retracted(session: Session) -> list[str]:
    """A detector is faulty exactly while its latest decision is a retraction."""
    latest = select(func.max(DetectorEvent.id)).group_by(DetectorEvent.detector_id)
    rows = session.execute(
        select(Detector.slug, Detector.version, Detector.maturity, DetectorEvent.change)
        .outerjoin(DetectorEvent, (DetectorEvent.detector_id == Detector.id) & DetectorEvent.id.in_(latest))
        .order_by(Detector.slug, Detector.version)
    )
    return [
        f"{slug} version {version}: {maturity}, and {change or 'nothing'} was decided last"
        for slug, version, maturity, change in rows
        if (maturity == Maturity.FAULTY) != (change == DetectorChange.RETRACTED)
    ]


RULES = (Rule(faulty_ones_were_retracted),)
