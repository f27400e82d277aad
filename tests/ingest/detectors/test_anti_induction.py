import pytest
import torch

from ingest.detectors.anti_induction import anti_induction
from ingest.errors import NoTargetError
from ingest.loading import wrap_language_model
from ingest.planted.build import build_planted
from ingest.planted.planted_model import PlantedModel
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from tests.ingest.masks import as_batch


def scanned(planted: PlantedModel) -> ScanResult:
    loaded = wrap_language_model(
        planted.model, None, hub_id="planted", revision="sha256:" + "0" * 64, weights_sha256="0" * 64
    )
    return scan(loaded, select(["induction", "anti_induction"]), ScanOptions(n_prompts=12, length=61))


@pytest.mark.parametrize("scheme", ["gpt2", "llama"])
def test_induction_raises_its_token_anti_induction_lowers_it_and_silence_does_neither(scheme: str) -> None:
    planted = build_planted(scheme, seed=1)
    (head,) = planted.of_type("induction")
    (silent,) = (each for each, kind in planted.kinds.items() if kind.name == "silent_induction")
    result = scanned(planted)
    induction, anti = result.detectors
    assert result.positive(anti) == []
    raised = induction.definitions["induction_token_raised"].scores
    assert raised is not None
    assert anti.scores is not None
    # The head writes the code of the one token, of which no other has more than a quarter.
    assert raised.score[head.layer, head.head] > 0.99
    assert anti.scores.score[head.layer, head.head] < 0.01
    # It attends as the induction head does (the definition by attention finds it) and writes nothing at all.
    assert induction.scores is not None
    assert induction.scores.score[silent.layer, silent.head] > 0.9
    assert raised.score[silent.layer, silent.head] == 0.5
    assert anti.scores.score[silent.layer, silent.head] == 0.5
    assert raised.chance == anti.scores.chance == 0.5


def test_a_planted_head_turned_round_is_found_and_no_other() -> None:
    planted = build_planted("llama", seed=1)
    (head,) = planted.of_type("induction")
    projection = planted.model.model.layers[head.layer].self_attn.o_proj
    d_head = projection.weight.shape[1] // 4
    with torch.no_grad():
        projection.weight[:, head.head * d_head : (head.head + 1) * d_head] *= -1
    result = scanned(planted)
    assert result.positive(result.detectors[1]) == [head]


def test_the_token_is_the_one_after_the_latest_copy() -> None:
    batch = as_batch(torch.tensor([[0, 7, 8, 7, 9, 7]]))
    targets = anti_induction.targets(batch)
    assert targets.is_counted.tolist() == [[False, False, False, True, False, True]]
    assert targets.token[0, [3, 5]].tolist() == [8, 9]
    assert targets.sign == -1


def test_prompts_without_repetition_are_refused() -> None:
    with pytest.raises(NoTargetError, match="repeats"):
        anti_induction.targets(as_batch(torch.tensor([[0, 7, 8, 9]])))
