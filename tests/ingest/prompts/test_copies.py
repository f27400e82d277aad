import torch
from hypothesis import given
from hypothesis import strategies as st

from ingest.prompts.batch import PromptBatch
from ingest.prompts.copies import all_earlier_copies, latest_earlier_copy


@st.composite
def batches(draw: st.DrawFn) -> PromptBatch:
    n_prompts, n_pos = draw(st.integers(1, 3)), draw(st.integers(1, 9))
    tokens = draw(st.lists(st.integers(0, 3), min_size=n_prompts * n_pos, max_size=n_prompts * n_pos))
    lengths = torch.tensor(draw(st.lists(st.integers(1, n_pos), min_size=n_prompts, max_size=n_prompts)))
    is_left = draw(st.booleans())
    positions = torch.arange(n_pos).expand(n_prompts, n_pos)
    is_real = positions >= n_pos - lengths[:, None] if is_left else positions < lengths[:, None]
    return PromptBatch(torch.tensor(tokens).view(n_prompts, n_pos), is_real, has_bos=False)


def earlier(batch: PromptBatch, prompt: int, query: int) -> list[int]:
    """Earlier copies by the definition: compare with every earlier real position, latest first."""
    row, is_real = batch.tokens[prompt].tolist(), batch.is_real[prompt].tolist()
    if not is_real[query]:
        return []
    return [key for key in range(query - 1, -1, -1) if is_real[key] and row[key] == row[query]]


@given(batches())
def test_copies_are_those_of_the_definition(batch: PromptBatch) -> None:
    latest, copies = latest_earlier_copy(batch), all_earlier_copies(batch)
    for prompt in range(len(batch.tokens)):
        for query in range(batch.tokens.shape[1]):
            expected = earlier(batch, prompt, query)
            found = copies[prompt, query].tolist()
            assert found == expected + [-1] * (len(found) - len(expected))
            assert latest[prompt, query].item() == (expected[0] if expected else -1)
