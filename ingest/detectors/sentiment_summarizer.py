"""Sentiment summarizers; the rule of the type is in the docstring of the detector."""

from ingest.detector import task_detector
from ingest.evidence import ItemScores
from ingest.interventions.task_run import TaskRun
from ingest.task_scores import moved_shares
from ingest.tasks.sentiment import sentiment

SUMMARY = ("summary", "subject")
WORDS = ("adjective", "verb")


@task_detector(version=1, metric="moved_task_share", task=sentiment, paper="2310.15154")
def sentiment_summarizer(run: TaskRun) -> ItemScores:
    """What a head moves from the words that carry sentiment to neutral places behind them.

    Prompts are short reviews with an adjective and a verb of one sentiment; the counterpart has words of the other one.
    What the head reads at these words, at commas, stops and the word for the film, becomes what it reads there in the
    counterpart; everything behind follows. The effect is the change of the logit difference between verdicts of the
    right and of the wrong sentiment, as a share of what the counterpart costs.

    Gate: a right verdict leads all wrong ones in three of four prompts.

    Returns:
        1 where all of the verdict rests on what the head puts down there; 0 where later heads read the words
        themselves.

    Source:
        Tigges et al. 2023, arXiv:2310.15154: sentiment is summed up on commas and on the word movie, along one
        direction that all sentiment shares; heads are named by what they write along it. Whether a later part reads
        what is written is not part of their number and is all of ours. Reviews are ours.
    """
    return moved_shares(run, WORDS, to=SUMMARY)
