"""Active-dormant heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.measure import KeyProperty, Measurement
from ingest.prompts.paired import difference, negated
from ingest.prompts.prose_and_code import DomainBatch, prose_and_code


def between_domains(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """How much more the first token gets in one domain than in the other, in both directions."""
    more_on_prose = difference(measured["prose"], measured["code"])
    return {"dormant_on_prose": more_on_prose, "dormant_on_code": negated(more_on_prose)}


@detector(
    version=1,
    tier=Tier.V1,
    metric="domain_sink_difference",
    paper="2410.13835",
    prompts=prose_and_code,
    combine=between_domains,
    no_behaviour=(
        "No causal arm: its source measures the loss on a whole domain of text, which is no contrast of named "
        "tokens, and that is not computed here."
    ),
)
def active_dormant(batch: DomainBatch) -> dict[str, KeyProperty]:
    """How much more attention the first token gets on one kind of text than on another: prose and Python code.

    A head that rests on the first token in one domain is dormant there; one that does so in both is a sink and scores
    0. The scan selects the domain in which a head is dormant on one half of the pairs and scores it on the other half,
    so a head that differs only by chance scores about 0 and may score below. The null model is the same difference on
    other keys.

    Only attention is measured. That ablating the head costs loss in the active domain and none in the dormant one,
    which the definition also asks for, is not.

    Returns:
        The first key of each prompt, for every query after it, once on prose and once on code. Uniform attention
        scores 0.

    Source:
        Guo et al. 2024, arXiv:2410.13835, and their notebook probe_l16h25.ipynb, which shows a head of Llama-2-7B that
        rests on the first token on Wikipedia and attends to content on GitHub code. They draw no line. Wikipedia and
        GitHub are replaced by Python's documentation and the code of its standard library.
    """
    later = batch.is_real & ~batch.is_first
    is_code = batch.is_code[:, None]
    return {
        "prose": KeyProperty(batch.is_first, later & ~is_code),
        "code": KeyProperty(batch.is_first, later & is_code),
    }
