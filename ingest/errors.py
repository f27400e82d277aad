"""Every exception of ingest.

IngestError                       something to tell the user, in one sentence
├── LanguageModelError            the weights cannot be used
│   ├── LanguageModelNotFoundError    no such directory or hub id
│   ├── UnsafeWeightsError            only pickled weights, or remote code needed
│   └── UnsupportedArchitectureError  a family that the engine cannot measure
├── UnsupportedAttentionError     the registered attention function was ignored, or is not exact here
├── InterventionLostError         what was done to heads does not reach the logits
├── UnknownDetectorError          no detector of this name; carries near names
├── DetectorDefinitionError       a detector that breaks the rules of its registry
├── NoTargetError                 the prompts hold nothing for a detector to count
│   └── GateFailedError               the behaviour that the head type serves is not there
├── PromptError                   prompts that cannot be made for this language model
│   ├── CorpusError               a file of text that prompts cannot be cut from
│   └── TreebankError             a file of dependency trees that cannot be used
├── UnknownProtocolError          a record judged by a version of the protocol that this program does not know
├── RecordRefusedError            a stored record that cannot be judged again; names the field
├── FrozenSettingsError           settings that are not those which were frozen
├── SigningKeyError               a file that holds no key to sign or check with
└── HeadVisError                  a folder of HeadVis that cannot be read or written
"""

from collections.abc import Sequence

from catalog.errors import CatalogError


class IngestError(CatalogError):
    """Base of what this package raises; the message is one sentence that says what to do."""


class LanguageModelError(IngestError):
    """A language model that cannot be used."""


class LanguageModelNotFoundError(LanguageModelError):
    """No language model at this path or hub id."""


class UnsafeWeightsError(LanguageModelError):
    """Weights that would run code while loading."""


class UnsupportedArchitectureError(LanguageModelError):
    """A family of language models that the engine cannot measure."""


class UnsupportedAttentionError(IngestError):
    """Attention that was not captured, or not exactly; the family is named in the message."""


class InterventionLostError(IngestError):
    """What was done to a head does not reach the logits; zero effects would say nothing."""


class UnknownDetectorError(IngestError):
    """No detector of this name."""

    def __init__(self, name: str, near: Sequence[str]) -> None:
        hint = f" Did you mean {', '.join(near)}?" if near else " `headcat detectors` lists them."
        super().__init__(f"There is no detector named {name!r}.{hint}")
        self.name = name
        self.near = list(near)


class DetectorDefinitionError(IngestError):
    """A detector whose name, file or record do not agree."""


class NoTargetError(IngestError):
    """The prompts hold no query that the detector counts."""


class GateFailedError(NoTargetError):
    """The language model does not do what the head type serves, so there is nothing to score; carries the numbers."""

    def __init__(self, message: str, *, metric: str, value: float, required: float) -> None:
        super().__init__(message)
        self.metric = metric
        self.value = value
        self.required = required


class PromptError(IngestError):
    """Prompts that cannot be made for this language model: vocabulary too small, context too short."""


class CorpusError(PromptError):
    """A file of text that cannot be read, or is too short; the message says which."""


class TreebankError(PromptError):
    """A file that is no CoNLL-U, or holds something that is no tree; the line is named in the message."""


class UnknownProtocolError(IngestError):
    """A record that was judged by a version of the protocol that this program does not know."""

    def __init__(self, version: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no protocol version {version!r}; this program knows {', '.join(known)}: judge the "
            "record with the headcat that wrote it, or a later one."
        )
        self.version = version


class RecordRefusedError(IngestError):
    """A stored record that cannot be judged again; carries the field and what is wrong with it."""

    def __init__(self, name: str, field: str, problem: str) -> None:
        super().__init__(f"{name} is refused: {field}: {problem}.")
        self.name = name
        self.field = field
        self.problem = problem


class FrozenSettingsError(IngestError):
    """A file of frozen settings that is none, or that a run does not follow."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The frozen settings cannot be used: {problem}.")


class SigningKeyError(IngestError):
    """A file that holds no key to sign or check with, or that a key cannot be written to."""


class HeadVisError(IngestError):
    """A folder of HeadVis that cannot be read, does not fit the language model, or cannot be written."""


WHY_ABSENT = (NoTargetError, PromptError, UnsupportedArchitectureError, UnsupportedAttentionError)
"""Why a detector may have nothing to say of a language model; anything else is a failure of the scan."""
