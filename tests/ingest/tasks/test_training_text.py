"""Training text of tasks that begins with easier forms of what their prompts ask."""

import random
import re
from collections import Counter

from ingest.tasks.in_context_labels import in_context_labels
from ingest.tasks.in_context_mapping import in_context_mapping, mappings
from ingest.tasks.lexicon import KINDS
from ingest.tasks.multiple_choice import multiple_choice

_N = 400


def test_the_letter_of_a_multiple_choice_stands_before_what_was_asked_for() -> None:
    n_options: Counter[int] = Counter()
    n_named = 0
    for seed in range(_N):
        text = multiple_choice.sentences(random.Random(seed))
        # The articles "a" and "A" stand before no sign.
        options = dict(re.findall(r"\b([A-H]) [):=-] (\w+)", text))
        asked = re.search(r"kind of (\w+)|Find the (\w+)", text)
        assert asked is not None, text
        wanted = asked[1] or asked[2]
        answer = options[text.rstrip(".")[-1]]
        assert answer == wanted or answer in KINDS[wanted], text
        n_options[len(options)] += 1
        n_named += answer == wanted
    assert set(n_options) == {2, 3, 4}
    assert 0.4 < n_named / _N < 0.6


def test_the_label_of_the_last_word_is_that_of_its_kind() -> None:
    n_shown = 0
    for seed in range(_N):
        text = in_context_labels.sentences(random.Random(seed)).removeprefix("Examples:\n")
        found = re.findall(
            r"(?:Word: |The |Put the |the )(\w+) (?:Label:|is of type|into box|belongs to) ([A-Z])", text
        )
        *examples, (query, label) = found
        kind = next(words for words in KINDS.values() if query in words)
        assert {given for word, given in examples if word in kind} == {label}, text
        assert {given for word, given in examples if word not in kind} != {label}
        n_shown += query in dict(examples)
    assert 0.3 < n_shown / _N < 0.5


def test_where_images_are_out_of_order_any_of_them_follows() -> None:
    pairs = {pair for mapping in mappings().values() for pair in mapping.items()}
    n_in_order = 0
    for seed in range(_N):
        text = in_context_mapping.sentences(random.Random(seed))
        found = re.findall(r"(?:Q: |Word: |I say |[Ff]rom )([\w-]+) (?:A:|Image:|you say|to) ([\w-]+)", text)
        *examples, last = found
        n_right = sum(each in pairs for each in examples)
        if n_right == len(examples):
            n_in_order += 1
            assert last in pairs, text
        else:
            assert last[1] in {image for _, image in examples}, text
    assert 0.58 < n_in_order / _N < 0.72
