"""Query-focused retrieval heads; the rule of the type is in the docstring of the detector."""

from collections.abc import Mapping

import torch

from catalog.vocabulary import Tier
from ingest.detector import detector
from ingest.measure import KeyProperty, Measurement, Targets
from ingest.metrics.needle_writing import needle_writing
from ingest.prompts.batch import PromptBatch
from ingest.prompts.documents import DocumentBatch, documents
from ingest.prompts.paired import difference


def beyond_the_empty_question(measured: Mapping[str, Measurement]) -> Mapping[str, Measurement]:
    """Mass from the question less mass from the empty question on the same documents."""
    return {"query_focused_retrieval": difference(measured["question"], measured["empty_question"])}


def another_document(targets: Targets, batch: PromptBatch, generator: torch.Generator) -> KeyProperty:
    """One of the documents that do not answer."""
    assert isinstance(batch, DocumentBatch), "made by documents"
    return KeyProperty(batch.is_distractor, targets.is_counted)


@detector(
    version=1,
    tier=Tier.V2,
    metric="gold_document_mass",
    paper="2506.09944",
    prompts=documents,
    null=another_document,
    combine=beyond_the_empty_question,
    behaviour=needle_writing,
)
def query_focused_retrieval(batch: DocumentBatch) -> dict[str, KeyProperty]:
    """How much more attention a question gives to the document that answers it than an empty question does.

    All tokens of the question count, up to where the answer would begin. The empty question ("N/A") on the same
    documents takes out what the document draws by its place and its words. The null model is the same difference on
    another document, which the question does not ask for.

    No task has to be solved: attention ranks documents without a word being written. A language model that cannot
    read the question has no such head.

    Causal arm: what the writing of needles loses when the head is ablated.

    Returns:
        The tokens of the answering document, for every token of the question and of the empty question. Uniform
        attention scores about 0; a head drawn away by the question scores below.

    Raises:
        NoTargetError: Two documents and a question do not fit.

    Source:
        Zhang et al. 2025, arXiv:2506.09944 (QRHead), and their script detect_qrhead_lme.py: attention of the query to
        the gold documents, summed over their tokens and averaged over the query's, less that of a null query; they
        also drop tokens whose difference lies two deviations below a document's mean, which is not done here. They
        take the heads of highest rank, which is no line on a head. Their documents are those of LongMemEval and
        BEIR; ours are single lines about invented people. They mask the 32 best heads of Llama-3.1-8B together and
        find that a needle in a haystack is lost, more than without as many retrieval heads; needles here are random
        tokens.
    """
    is_empty = batch.is_empty[:, None]
    return {
        "question": KeyProperty(batch.is_gold, batch.is_question & ~is_empty),
        "empty_question": KeyProperty(batch.is_gold, batch.is_question & is_empty),
    }
