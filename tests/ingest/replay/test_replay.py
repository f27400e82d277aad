"""Stored records judged again: equal where nothing was touched, refused with the field where something was."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from catalog.vocabulary import Polarity, Verdict
from ingest.errors import RecordRefusedError
from ingest.frozen_form import frozen_text
from ingest.replay.cli import verdict
from ingest.replay.replay import Replayed, replay
from ingest.replay.stored import Stored, read_lines
from ingest.signature import Signature, sign
from tests.ingest.replay.changes import set_to, without
from tests.ingest.replay.stored_records import NAMES, as_version_1, make_group_record, make_record, stored


def replayed(record: Stored, public_key: bytes | None = None) -> Replayed:
    (found,) = replay([record], public_key)
    if isinstance(found, RecordRefusedError):
        raise found
    return found


def test_every_head_and_type_is_judged_as_it_was_from_its_prompts_alone() -> None:
    places = [(layer, head) for layer in range(3) for head in range(4)]
    records = [
        make_record(name, polarity=polarity, place=place) for name in NAMES for place in places for polarity in Polarity
    ]
    found = list(replay(stored(record) for record in records))
    assert len(found) == len(NAMES) * 12 * 2
    for each in found:
        assert isinstance(each, Replayed), each
        assert (each.is_equal, each.is_recomputed) == (True, True)
    verdicts = {each.judgement.verdict for each in found if isinstance(each, Replayed)}
    assert {Verdict.REPRODUCED, Verdict.NOT_REPRODUCED} <= verdicts


def test_a_record_of_version_1_is_judged_as_it_was_and_says_that_its_numbers_are_stated() -> None:
    found = replayed(as_version_1(make_record()))
    assert (found.is_equal, found.is_recomputed) == (True, False)


def test_a_group_of_heads_is_judged_from_its_prompts_and_its_random_groups() -> None:
    record = make_group_record()
    found = replayed(stored(record))
    assert (found.is_equal, found.is_recomputed) == (True, True)
    assert record["measured"]["cause"]["group"]["n_heads"] == 2
    # A random group that does more than the claimed one cannot be left out of the count.
    record["random_groups"][0]["effect"] = 2.0
    with pytest.raises(RecordRefusedError) as refusal:
        replayed(stored(record))
    assert refusal.value.field == "measured.cause.group.n_as_large"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (set_to("protocol_version", "99"), "protocol_version"),
        (set_to("record_version", 3), "record_version"),
        (without("provenance.seed"), "provenance.seed"),
        (without("provenance.versions.torch"), "provenance.versions.torch"),
        (without("provenance"), "provenance.options.n_prompts"),
        (set_to("provenance.machine", None), "provenance.machine.device"),
        (set_to("provenance.weights_sha256", "0" * 64), "provenance.weights_sha256"),
        (set_to("provenance.prompts_sha256", "0" * 64), "provenance.prompts_sha256"),
        (set_to("provenance.finished_at", "2001-01-01T00:00:00+00:00"), "provenance.finished_at"),
        (set_to("protocol.constants.alpha", 0.5), "protocol.sha256"),
        (set_to("standing", "confirmatory"), "standing"),
        (set_to("measured.score", lambda score: score - 1e-6), "measured.score"),
        (set_to("measured.chance", 0.0), "measured.chance"),
        (set_to("measured.ci_low", lambda low: low + 1e-6), "measured.ci_low"),
        (set_to("measured.excess_high", None), "measured.excess_high"),
        (set_to("measured.p_adjusted", 1e-30), "measured.p_adjusted"),
        (set_to("adjustments.score.p", 1e-30), "adjustments.score.p"),
        (set_to("adjustments.score.at_rank", 0), "adjustments.score"),
        (set_to("measured.cause.effect", 0.9), "measured.cause.effect"),
        (set_to("measured.cause.low", 0.9), "measured.cause.low"),
        (set_to("measured.cause.resample.low", 0.9), "measured.cause.resample.low"),
        (set_to("measured.cause.control", 0.0), "measured.cause.control"),
        (set_to("measured.gate", {"nobody": "knows"}), "measured"),
        (set_to("by_prompt.score.value", "f4:AAAAAAAAAAA="), "by_prompt.score.value"),
        (set_to("by_prompt.score.null", "f9:"), "by_prompt.score.null"),
        (set_to("by_prompt.score.n", 10**9), "by_prompt.score.n"),
        (set_to("by_prompt.score.value", 0.5), "measured.score"),
    ],
)
def test_what_does_not_hold_is_refused_with_the_field_named(
    change: Callable[[dict[str, Any]], None], field: str
) -> None:
    record = make_record()
    change(record)
    with pytest.raises(RecordRefusedError) as refusal:
        replayed(stored(record))
    assert refusal.value.field == field
    assert str(refusal.value).startswith(f"AHV-0000001 is refused: {field}: ")


def test_a_hash_that_does_not_match_is_refused_and_the_others_go_on() -> None:
    whole, changed = stored(make_record()), make_record()
    changed["finding"]["head"] = "L9H9"
    found = list(replay([whole, Stored(changed, "AHV-0000001", whole.sha256), whole]))
    assert [isinstance(each, Replayed) for each in found] == [True, False, True]
    assert isinstance(found[1], RecordRefusedError)
    assert found[1].field == "record_sha256"


def test_a_verdict_that_does_not_follow_differs_by_name() -> None:
    record = make_record()
    record["judgement"]["grade"] = 4
    found = replayed(stored(record))
    assert found.differing == ["judgement.grade: the record says 4, and it is 3"]


def test_an_answer_that_says_otherwise_than_its_record_differs_by_name() -> None:
    record = make_record()
    found = replayed(stored(record, columns={"verdict": "not_reproduced", "rank": record["rank"]}))
    assert found.differing == ["verdict: the answer says 'not_reproduced', and its record 'reproduced'"]


def test_a_signature_is_checked_against_the_record_and_against_the_key_that_is_named() -> None:
    key, record = Ed25519PrivateKey.generate(), make_record()
    signature = sign(frozen_text(record), key)
    public_key = Signature.parse(signature).public_key
    assert replayed(stored(record, signature=signature), public_key).is_equal
    wrong = {
        "is by another key": (signature, bytes(32)),
        "is not signed": (None, public_key),
        "does not fit": (sign(frozen_text(record) + " ", key), None),
        "not of the form": ("ed25519", None),
        "of 32 and 64 bytes": ("ed25519:AA==:AA==", None),
        "no base64": ("ed25519:%:%", None),
    }
    for problem, (line, wanted) in wrong.items():
        with pytest.raises(RecordRefusedError, match=problem) as refusal:
            replayed(stored(record, signature=line), wanted)
        assert refusal.value.field == "signature"


def test_every_form_in_which_a_record_comes_is_read() -> None:
    record = make_record()
    sha256 = stored(record).sha256
    forms = [
        record,
        {"record": record, "record_sha256": sha256, "signature": None, "verdict": "reproduced", "score": None},
        {"content": record, "content_sha256": sha256},
        {"verifications": [record], "frozen": {"AHV-0000001": {"record_sha256": sha256, "signature": None}}},
        {"verifications": [record], "not_verified": {}, "refused": []},
        [record],
    ]
    lines = [json.dumps(form) + "\n" for form in forms]
    assert [each.sha256 for each in read_lines(lines)] == [None, sha256, sha256, sha256, None, None]
    for form in forms:
        indented = json.dumps(form, indent=1).splitlines(keepends=True)
        assert [each.record for each in read_lines(indented)] == [record]
    assert [each.record for each in read_lines([frozen_text(record)])] == [record]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "{}",
        '"text"',
        '{"measured": 1, "measured": 2}',
        '{"measured": NaN}',
        '{"record": 3}',
        "[" * 10**5,
    ],
)
def test_what_is_no_record_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(RecordRefusedError):
        list(read_lines([text]))


def test_a_record_of_nonsense_is_refused_and_never_a_traceback() -> None:
    for record in ({"measured": 1}, {"protocol_version": ["3"]}, make_record() | {"by_prompt": {}}):
        with pytest.raises(RecordRefusedError):
            replayed(Stored(record, "nonsense"))


def test_the_command_shows_both_rules_and_exits_by_the_outcome(tmp_path: Path) -> None:
    record = make_record()
    file = tmp_path / "records.jsonl"
    file.write_text(frozen_text(record) + "\n")
    shown = CliRunner().invoke(verdict, [str(file)])
    assert shown.exit_code == 0, shown.output
    for line in (
        "verdict         reproduced, grade 3",
        "published rule  met",
        "null rule       met",
        "replayed        equal",
    ):
        assert line in shown.output
    record["judgement"]["grade"] = 1
    file.write_text(json.dumps(record))
    assert CliRunner().invoke(verdict, [str(file)]).exit_code == 1
    record["measured"]["score"] = 0.5
    file.write_text(json.dumps(record))
    refused = CliRunner().invoke(verdict, [str(file), "--json", "-"])
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["refused"][0]["field"] == "measured.score"
