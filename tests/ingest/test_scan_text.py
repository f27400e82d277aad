"""Scans on text: what a folder brings, what the user gives, and tokenizers that do not know it."""

from dataclasses import replace
from pathlib import Path

from transformers import LlamaConfig, LlamaForCausalLM

from ingest.loaded_model import LoadedModel
from ingest.loading import load_language_model
from ingest.prompts.corpus import FILE_OF_FOLDER, read_corpus
from ingest.registry import select
from ingest.scan import scan
from ingest.scan_result import ScanOptions, ScanResult
from tests.ingest.word_tokenizer import word_tokenizer

TALE = "The cat saw the dog, and the dog saw the bird. The bird sang. " * 40
NAMES = ("previous_token", "attention_sink", "delimiter", "active_dormant")


def save_model(folder: Path) -> Path:
    """A tiny Llama that knows the words of one tale and no others."""
    tokenizer = word_tokenizer([TALE])
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=128, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def scanned(loaded: LoadedModel) -> ScanResult:
    return scan(loaded, select(NAMES), ScanOptions(n_prompts=4, with_statistics=False))


def test_a_tokenizer_that_knows_no_english_does_not_stop_the_scan(tmp_path: Path) -> None:
    result = scanned(load_language_model(str(save_model(tmp_path))))
    previous, sink, _, dormant = result.detectors
    assert previous.scores is not None
    assert sink.scores is None
    assert "of the tokens of English documentation text" in str(sink.absent_reason)
    assert not sink.is_failure
    assert dormant.scores is None


def test_text_in_the_folder_takes_the_place_of_english(tmp_path: Path) -> None:
    (save_model(tmp_path) / FILE_OF_FOLDER).write_text(TALE)
    result = scanned(load_language_model(str(tmp_path)))
    _, sink, delimiter, dormant = result.detectors
    assert sink.scores is not None
    assert delimiter.scores is not None
    assert "of the tokens of Python code" in str(dormant.absent_reason)
    assert any(f"cut from {FILE_OF_FOLDER} (sha256 " in note for note in result.provenance["notes"])


def test_a_text_that_is_given_makes_other_prompts(tmp_path: Path) -> None:
    loaded = load_language_model(str(save_model(tmp_path)))
    file = tmp_path / "tale.txt"
    file.write_text(TALE)
    given = scanned(replace(loaded, corpus=read_corpus(file)))
    file.write_text(TALE.replace("cat", "dog"))
    other = scanned(replace(loaded, corpus=read_corpus(file)))
    hashes = [each.provenance["prompts"]["natural_text"]["sha256"] for each in (given, other)]
    assert hashes[0] != hashes[1]
