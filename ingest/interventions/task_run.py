"""One task on one language model: what each head does for it, by every kind of intervention.

Each thing is computed when it is first asked for, and kept. Layer axes count the layers that have heads;
`loaded.spread` puts them at their true places. Every effect is signed so that a head which helps has a positive one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from catalog.notation import HeadRef
from catalog.vocabulary import AblationKind
from ingest.errors import PromptError
from ingest.interventions import reading
from ingest.interventions.ablation import ablated_z
from ingest.interventions.direct_effect import direct_values, direct_values_of
from ingest.interventions.direct_logits import attribute
from ingest.interventions.each_head import each_head
from ingest.interventions.edits import Replaced
from ingest.interventions.joint_ablation import with_groups_changed
from ingest.interventions.logit_measure import LogitMeasure
from ingest.interventions.means import mean_of_others
from ingest.interventions.path_patching import Into, Mlps, Receivers, path_values, path_values_of
from ingest.interventions.readout import logits_of
from ingest.interventions.recording import Recording, Run, record
from ingest.interventions.task_measure import task_logit_weights, task_measure
from ingest.loaded_model import LoadedModel
from ingest.tasks.measures import accuracy, is_right
from ingest.tasks.task import END, Task, TaskBatch

Measured = Literal["task", "control"]
"""The task's measure, or the logit difference of two tokens that the task says nothing about."""
_ROW = {"task": 0, "control": 1}
Marks = str | tuple[str, ...]
"""One mark, or several whose places are taken together."""
ByHead = Float[Tensor, "layer head batch"]
Z = Mapping[int, Float[Tensor, "batch pos head d_head"]]


@dataclass(frozen=True)
class TaskRun:
    """A task, its prompts, and a language model that has been given them."""

    loaded: LoadedModel
    batch: TaskBatch
    task: Task
    batch_size: int = 32
    """Prompts at a time."""
    seed: int = 0
    """Of resample ablation."""
    ablated: Replaced = field(default_factory=dict, repr=False)
    """What takes the place of z of heads that are knocked out throughout."""
    _kept: dict[tuple, Tensor] = field(default_factory=dict, repr=False)

    @cached_property
    def clean(self) -> Float[Tensor, " batch"]:
        """The task's measure on the prompts."""
        return self._value(self._clean)[0]

    @cached_property
    def corrupted(self) -> Float[Tensor, " batch"]:
        """The same measure, of the prompts' answers, on the counterparts."""
        return self._value(self._corrupted)[0]

    @cached_property
    def control(self) -> Float[Tensor, " batch"]:
        """Logit difference of the control tokens on the prompts."""
        return self._value(self._clean)[1]

    @cached_property
    def accuracy(self) -> float:
        """Share of prompts whose right answer leads, in [0, 1]."""
        return accuracy(logits_of(self.loaded, self._clean.normed), self.batch)

    @cached_property
    def is_right(self) -> Bool[Tensor, " batch"]:
        """Prompts whose right answer leads."""
        return is_right(logits_of(self.loaded, self._clean.normed), self.batch).cpu()

    @cached_property
    def moved_logits(self) -> Float[Tensor, " batch"]:
        """Logit difference of answers and others, clean minus corrupted, whatever the task's measure is."""
        weights, ids = task_logit_weights(self.batch)
        clean, corrupted = (logits_of(self.loaded, each.normed, ids) for each in (self._clean, self._corrupted))
        return ((clean - corrupted).cpu() * weights).sum(dim=-1)

    def attention(self, query: str, key: str) -> ByHead:
        """Attention mass in [0, 1] from one mark to another, in the prompts.

        Raises:
            PromptError: The task marks no such place.
        """
        places = [self._mark(name) for name in (query, key)]
        return self._once(("attention", query, key), lambda: reading.attention_between(self._run, *places))

    def direct_effect(self, measure: Measured = "task", *, from_mark: Marks | None = None) -> ByHead:
        """Path patching head → logits: the head's write at END is the counterpart's, and all behind it is frozen.

        What is frozen is told in `direct_effect.py`.

        Args:
            measure: What is measured.
            from_mark: Only what the head reads at this mark becomes the counterpart's; what it reads elsewhere stays.

        Raises:
            PromptError: The task marks no such place.
            UnsupportedAttentionError: Of a part, where the family does not show its attention.
        """

        def compute() -> Tensor:
            z = self._corrupted.z if from_mark is None else self._z_read_otherwise(from_mark)
            return direct_values(self._clean, z, self._measure)

        return self._effect(self._once(("direct", from_mark), compute), measure)

    def moving_effect(self, query: Marks, key: Marks, measure: Measured = "task") -> ByHead:
        """Activation patching of what each head moves from one place to another, intact minus patched.

        What it reads at the keys of one mark, at the queries of the other, becomes the counterpart's; what it reads
        elsewhere stays, and everything behind it follows.

        Raises:
            PromptError: The task marks no such place.
            UnsupportedAttentionError: The family does not show its attention.
        """

        def compute() -> Tensor:
            is_query = self._mark(query)[:, :, None, None]
            z = self._z_read_otherwise(key)
            return self._with_each({layer: z[layer].where(is_query, own) for layer, own in self._clean.z.items()})

        return self._effect(self._once(("moving", query, key), compute), measure)

    def mean_effect_in_counterpart(self, measure: Measured = "task") -> ByHead:
        """What a head writes at END on other prompts of the same subtask, mean, put into the counterpart.

        Returns:
            Patched minus intact, of the counterpart.

        Raises:
            PromptError: A subtask has one prompt only.
        """

        def compute() -> Tensor:
            row = torch.arange(len(self.batch.tokens))
            end = self._mark(END).int().argmax(dim=1)
            z = {layer: each.clone() for layer, each in self._corrupted.z.items()}
            for layer, each in z.items():
                each[row, end] = mean_of_others(self._clean.z[layer][row, end], self.batch.subtask_of_each)
            return self._with_each(z, self._corrupted)

        values = self._once(("mean of others",), compute)
        return values[:, :, _ROW[measure]] - self._value(self._corrupted)[_ROW[measure]]

    def direct_logits(self, from_mark: Marks | None = None) -> ByHead:
        """Direct logit attribution to answers minus others at END, through the final norm with its scale frozen.

        Args:
            from_mark: Only what was read from the keys of this mark.

        Raises:
            PromptError: The task marks no such place.
            UnsupportedAttentionError: Of a part, where the family does not show its attention.
        """

        def compute() -> Tensor:
            z: Z = self._clean.z
            if from_mark is not None:
                z = reading.z_from_keys(self._run, self._mark(from_mark))
            weights, ids = task_logit_weights(self.batch)
            asked = {layer: self._clean.asked(each) for layer, each in z.items()}
            return attribute(self._clean, asked, weights, ids).heads

        return self._once(("direct_logits", from_mark), compute)

    def ablation_effect(self, kind: AblationKind, measure: Measured = "task") -> ByHead:
        """Intact minus ablated, one head at a time, at all positions.

        Mean: over the prompts of the same template, at the same position. Resample: another prompt of the template.
        """
        values = self._once(("ablation", kind), lambda: self._with_each(self._ablated_z(kind)))
        return self._effect(values, measure)

    def joint_ablation_effect(
        self, groups: Sequence[Collection[HeadRef]], kind: AblationKind, measure: Measured = "task"
    ) -> Float[Tensor, "group batch"]:
        """Intact minus ablated, all heads of a group together, at all positions; replaced as in `ablation_effect`."""
        key = ("joint", kind, tuple(tuple(sorted(map(str, group))) for group in groups))
        values = self._once(key, lambda: with_groups_changed(self._clean, self._measure, self._ablated_z(kind), groups))
        return self._value(self._clean)[_ROW[measure]] - values[:, _ROW[measure]]

    def patching_effect(self, measure: Measured = "task", *, into: Literal["clean", "corrupted"] = "clean") -> ByHead:
        """Activation patching of head outputs, one head at a time, at all positions.

        Args:
            measure: What is measured.
            into: `clean`: the counterpart's z into the prompt, intact minus patched. `corrupted`: the prompt's z into
                the counterpart, patched minus intact. A head that helps has a positive effect in both.
        """
        if into == "clean":
            values = self._once(("patching",), lambda: self._with_each(self._corrupted.z))
            return self._effect(values, measure)
        values = self._once(("patching", into), lambda: self._with_each(self._clean.z, self._corrupted))
        return values[:, :, _ROW[measure]] - self._value(self._corrupted)[_ROW[measure]]

    def pattern_patching_effect(self, measure: Measured = "task") -> ByHead:
        """The counterpart's attention pattern with the prompt's values, one head at a time; intact minus patched.

        Raises:
            UnsupportedAttentionError: The family does not show its attention.
        """
        values = self._once(
            ("pattern",),
            lambda: self._with_each(reading.z_with_pattern_of(self._run, self.batch.corrupted)),
        )
        return self._effect(values, measure)

    def path_effect(
        self, receivers: Sequence[HeadRef], into: Into, measure: Measured = "task", *, mlps: Mlps = "frozen"
    ) -> ByHead:
        """Path patching head → query, key or value of later heads: intact minus patched.

        Args:
            receivers: Later heads.
            into: Which of their inputs is patched.
            measure: What is measured.
            mlps: Whether MLPs between sender and receivers are frozen, or recomputed as in Wang et al. 2022; all other
                heads on the way are frozen in any case. `path_patching.py` tells more.

        Raises:
            UnsupportedAttentionError: The family does not show queries, keys and values.
        """
        values = self._once(
            ("path", tuple(receivers), into, mlps),
            lambda: path_values(self._clean, self._corrupted.z, Receivers(receivers, into, mlps), self._measure),
        )
        return self._effect(values, measure)

    def effect_of_senders(
        self, senders: Sequence[Collection[HeadRef]], receivers: Receivers | None
    ) -> Float[Tensor, "sender batch"]:
        """Path patching from some senders, each one or several heads: the task's measure, intact minus patched.

        Args:
            senders: Heads that take the counterpart's z.
            receivers: Later heads that hear of it; None for the logits.

        Raises:
            UnsupportedAttentionError: The family does not show queries, keys and values.
        """
        if receivers is None:
            values = direct_values_of(self._clean, self._corrupted.z, senders, self._measure)
        else:
            values = path_values_of(self._clean, self._corrupted.z, senders, receivers, self._measure)
        return self.clean - values[:, _ROW["task"]]

    def with_ablated(self, heads: Sequence[HeadRef], kind: AblationKind) -> "TaskRun":
        """The same task with heads knocked out throughout: everything is measured without them.

        What takes their place comes from this run: their mean, zero, or another prompt's.
        """
        z = self._ablated_z(kind)
        ablated = {layer: dict(of_layer) for layer, of_layer in self.ablated.items()}
        for each in heads:
            ablated.setdefault(each.layer, {})[each.head] = z[each.layer][:, :, each.head]
        return replace(self, ablated=ablated, _kept={})

    @cached_property
    def _measure(self) -> LogitMeasure:
        return task_measure(self.task, self.batch)

    @cached_property
    def _run(self) -> Run:
        return Run(self.loaded, self.batch.tokens, self.batch.is_real, self.ablated, self.batch_size)

    @cached_property
    def _run_corrupted(self) -> Run:
        return replace(self._run, tokens=self.batch.corrupted)

    @cached_property
    def _clean(self) -> Recording:
        return record(self._run, self._measure.is_asked)

    @cached_property
    def _corrupted(self) -> Recording:
        return record(self._run_corrupted, self._measure.is_asked)

    def _ablated_z(self, kind: AblationKind) -> Z:
        return {
            layer: ablated_z(z, self.batch.is_real, kind, group=self.batch.template, seed=self.seed)
            for layer, z in self._clean.z.items()
        }

    def _with_each(self, changed: Z, recording: Recording | None = None) -> Float[Tensor, "layer head measure batch"]:
        return each_head(recording or self._clean, self._measure, changed).values

    def _value(self, recording: Recording) -> Float[Tensor, "measure batch"]:
        return self._measure.value(logits_of(self.loaded, recording.normed, self._measure.token_ids)).cpu()

    def _effect(self, values: Float[Tensor, "layer head measure batch"], measure: Measured) -> ByHead:
        row = _ROW[measure]
        return self._value(self._clean)[row] - values[:, :, row]

    def _z_read_otherwise(self, mark: Marks) -> Z:
        """z with what was read at a mark as in the counterpart, and all the rest as in the prompt."""
        is_key = self._mark(mark)
        own, others = (reading.z_from_keys(each, is_key) for each in (self._run, self._run_corrupted))
        return {layer: z - own[layer] + others[layer] for layer, z in self._clean.z.items()}

    def _mark(self, mark: Marks) -> Tensor:
        names = (mark,) if isinstance(mark, str) else mark
        for name in names:
            if name not in self.batch.marks:
                raise PromptError(
                    f"The task {self.task.name} marks no {name!r}; its marks are {', '.join(sorted(self.batch.marks))}."
                )
        return torch.stack([self.batch.marks[name] for name in names]).any(dim=0)

    def _once(self, key: tuple, compute: Callable[[], Tensor]) -> Tensor:
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]
