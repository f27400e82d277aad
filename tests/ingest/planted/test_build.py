import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import ingest.planted.build as build_module
from catalog.notation import HeadRef
from ingest.errors import IngestError
from ingest.planted.build import build_planted, save_planted
from ingest.planted.head_kinds import DEFAULT_PLAN
from tests.planted import repeated_tokens

REPOSITORY = Path(__file__).parents[3]
SCHEMES = ["gpt2", "llama"]


def weights_sha256(folder):
    return hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()


def test_every_head_is_planted_or_a_decoy(planted):
    config = planted.model.config
    grid = {HeadRef(i, j) for i in range(config.num_hidden_layers) for j in range(config.num_attention_heads)}
    assert planted.heads.keys() | planted.decoys.keys() == grid
    assert not planted.heads.keys() & planted.decoys.keys()
    assert {planted.heads[head]: offset for head, offset in planted.offsets.items()} == {
        "previous_token": 1,
        "positional": 3,
    }


@pytest.mark.parametrize("scheme", SCHEMES)
def test_seed_permutes_heads_within_their_layer(scheme):
    placings = [build_planted(scheme, seed=seed).kinds for seed in range(4)]
    assert len({tuple(kind.name for kind in kinds.values()) for kinds in placings}) > 1
    for kinds in placings:
        for layer, names in enumerate(DEFAULT_PLAN):
            assert sorted(kind.name for head, kind in kinds.items() if head.layer == layer) == sorted(names)


def test_building_leaves_the_random_state_of_the_caller_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    build_planted("gpt2")
    assert torch.rand(1) == expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_saved_model_loads_and_is_the_one_built(scheme, tmp_path):
    folder = save_planted(tmp_path / "planted", scheme, seed=3)
    loaded = AutoModelForCausalLM.from_pretrained(folder, use_safetensors=True)
    tokens = repeated_tokens(20)
    with torch.no_grad():
        assert torch.equal(loaded(tokens).logits, build_planted(scheme, seed=3).model(tokens).logits)
    assert sum(file.stat().st_size for file in folder.iterdir()) < 4.5e6
    assert [path.name for path in tmp_path.iterdir()] == ["planted"]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_same_arguments_give_the_same_bytes(scheme, tmp_path):
    first, second, other = (save_planted(tmp_path / str(i), scheme, seed=seed) for i, seed in enumerate((5, 5, 6)))
    assert weights_sha256(first) == weights_sha256(second)
    assert weights_sha256(first) != weights_sha256(other)


def test_another_process_writes_the_same_bytes(tmp_path):
    script = """if True:
        import pathlib, sys
        from ingest.planted.build import save_planted
        for scheme in ("gpt2", "llama"):
            save_planted(pathlib.Path(sys.argv[1]) / scheme, scheme, seed=5)
    """
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "there")], check=True, cwd=REPOSITORY)
    for scheme in SCHEMES:
        here = save_planted(tmp_path / "here" / scheme, scheme, seed=5)
        assert weights_sha256(here) == weights_sha256(tmp_path / "there" / scheme)


def test_tokenizer_reads_characters_after_bos(tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(save_planted(tmp_path / "planted", "llama"))
    ids = tokenizer("Two words,\n  a line.")["input_ids"]
    assert ids[0] == tokenizer.bos_token_id == 0
    assert tokenizer.unk_token_id not in ids
    assert tokenizer.decode(ids, skip_special_tokens=True) == "Two words,\n  a line."
    assert tokenizer("漢")["input_ids"] == [0, tokenizer.unk_token_id]


def test_card_and_table_name_every_head(tmp_path):
    folder = save_planted(tmp_path / "planted", "gpt2")
    table = json.loads((folder / "planted.json").read_text())
    planted = build_planted("gpt2")
    assert {head: row["head_type"] for head, row in table["heads"].items() if row["head_type"]} == {
        str(head): slug for head, slug in planted.heads.items()
    }
    card = (folder / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert all(f"| {head} | {kind.name} |" in card for head, kind in planted.kinds.items())


def test_a_planted_model_is_replaced(tmp_path):
    before = weights_sha256(save_planted(tmp_path / "planted", "gpt2", seed=0))
    after = weights_sha256(save_planted(tmp_path / "planted", "gpt2", seed=1))
    assert before != after


def test_another_folder_is_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(IngestError, match="is no planted language model: name another folder"):
        save_planted(tmp_path, "gpt2")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_failure_half_way_leaves_what_was_there(tmp_path, monkeypatch):
    folder = save_planted(tmp_path / "planted", "gpt2", seed=0)
    before = weights_sha256(folder)

    def full_disk(planted):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build_module, "planted_json", full_disk)
    with pytest.raises(IngestError, match=r"No space left on device.*free space or name another folder"):
        save_planted(folder, "gpt2", seed=1)
    assert weights_sha256(folder) == before
    assert [path.name for path in tmp_path.iterdir()] == ["planted"]


def test_an_unknown_scheme_is_refused():
    with pytest.raises(IngestError, match="name one of gpt2 and llama"):
        build_planted("mamba")
