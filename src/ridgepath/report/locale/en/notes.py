"""The notes in English."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.cases import notes as cases
from ridgepath.report.formatting import write_share
from ridgepath.texts import write_count

HOW_TO_READ = "How to read the numbers"

_OF_SEEDS = "the seeds (initial weights, order of batches, dropout)"
_SPLITS = {"val": "validation", "train": "training"}


def note(case: cases.NoteCase) -> str:
    """Phrase one note: on noise, examples, trials left out, or the ends of the path."""
    match case:
        case cases.ErrorsCover():
            seeds = write_count(case.seeds, "seed")
            over = seeds if case.fewest == case.seeds else f"{case.fewest} to {seeds}"
            figures = f"Figures are means over {over} ± their standard error, with 95% intervals."
            return f"{figures} {_on_sources(case.noise, tested=case.tested)}"
        case cases.Divided(division):
            return division.sentence()
        case cases.FoldsMissing(division):
            return division.sentence_on_partial()
        case cases.SharesOfError():
            return _on_shares(case)
        case cases.OneTrialOnly():
            return (
                "One trial at a strength tells nothing of the noise of seeds: errors there cover the examples only, "
                "figures without an error are shown with ± ?, and no difference is decided. Add seeds."
            )
        case cases.LowestAtLargest(variant):
            lowest = f"{_prefix(variant)}The lowest mean lies at the largest strength tried"
            return f"{lowest}; still larger ones may be lower."
        case cases.LowestAtSmallest(variant):
            lowest = f"{_prefix(variant)}The lowest mean lies at the smallest strength above 0"
            return f"{lowest}; still smaller ones may be lower."
        case _:
            return _on_data(case)


def _prefix(variant: str) -> str:
    return f"{variant}: " if variant else ""


def _on_sources(noise: cases.Noise, *, tested: bool) -> str:
    others = "All others cover the noise of seeds only."
    measures = "validation and test data loss" if tested else "validation data loss"
    match noise:
        case "one seed":
            return (
                f"With one seed only {measures} and the gap have them: they cover which examples happened to be drawn."
            )
        case "divided":
            others = "Those of test data loss cover the noise of seeds and of test examples. " * tested + others
            return (
                f"Those of validation figures and of the gap cover {_OF_SEEDS}, which examples were drawn and how they "
                f"were divided; training sets overlap, and that is accounted for (Nadeau and Bengio 2003). {others}"
            )
        case "one example":
            return f"They cover {_OF_SEEDS}; one validation example tells nothing of the noise of examples."
        case "two sources":
            return (
                f"Those of {measures} and of the gap cover two sources of noise: {_OF_SEEDS} and which examples "
                f"happened to be drawn. {others}"
            )


def _on_shares(case: cases.SharesOfError) -> str:
    of_seeds, of_examples, of_rest = (write_share(share) for share in case.shares)
    error = f"{_prefix(case.variant)}Of the squared standard error of the validation data loss at strength "
    error += format_strength(case.strength)
    if case.divided:
        return f"{error}, {of_seeds} comes from the seeds and splits, and {of_examples} from the examples."
    return (
        f"{error}, {of_seeds} comes from the seeds, {of_examples} from the examples and {of_rest} from how the two "
        "meet; more seeds reduce the first and the last only."
    )


def _on_data(
    case: cases.ExamplesAre
    | cases.TrainingPart
    | cases.TestHadNoPart
    | cases.ValidationFlatters
    | cases.LeftOut
    | cases.NotTrainedYet
    | cases.UnequalSeeds
    | cases.NotFinite
    | cases.StopsEarly
    | cases.BestEpochKept
    | cases.ClassesWeighted,
) -> str:
    match case:
        case cases.ExamplesAre(train, validation, test, after_best):
            epoch = "with the weights of each trial's best epoch" if after_best else "after the last epoch"
            tested = f", test figures from {test:,}" if test else ""
            return (
                f"Validation figures are from {write_count(validation, 'example')}, training figures from {train:,}"
                f"{tested}, all taken {epoch}, in inference mode; only Keras' val_loss contains the penalty."
            )
        case cases.TrainingPart(evaluated, train):
            return (
                f"Training figures of each epoch are taken on a fixed part of {evaluated:,} of the "
                f"{train:,} training examples; those in the tables, on all of them."
            )
        case cases.TestHadNoPart():
            return "Strengths are chosen on the validation examples; the test examples had no part in it."
        case cases.ValidationFlatters():
            return (
                "The same validation examples choose a strength and report its figures, which flatters the chosen one: "
                "the figure that is corrected for it is the one to quote. A test set would need no correction."
            )
        case cases.LeftOut(diverged, failed, planned):
            kinds = [(diverged, "diverged"), (failed, "failed")]
            how = " and ".join(f"{count} {kind}" for count, kind in kinds if count)
            return f"Trials that did not end well are in no figure: {how}, of {write_count(planned, 'trial')}."
        case cases.NotTrainedYet(missing, planned):
            trials = write_count(planned, "trial")
            return f"Not trained yet: {missing} of {trials}. Resume the study to train the rest."
        case cases.UnequalSeeds():
            return (
                "Strengths have unequal numbers of finished trials, so means of losses and metrics are those to expect "
                "had all the same seeds."
            )
        case cases.NotFinite(split, points):
            where = ", ".join(f"{variant} {format_strength(strength)}".lstrip() for variant, strength in points)
            loss = f"{_SPLITS[split]} data loss"
            return f"At strength {where}, a finished trial's {loss} is not finite, so no mean is shown there."
        case cases.StopsEarly(monitor, patience):
            waited = f"{write_count(patience, 'epoch')} without an improvement of {monitor}"
            return f"Early stopping: a trial ends after {waited}, so trials have unequal numbers of epochs."
        case cases.BestEpochKept(monitor):
            return (
                f"A trial's best epoch is chosen by {monitor} on the validation examples that report it, which "
                "flatters all strengths; test figures are not flattered."
            )
        case cases.ClassesWeighted():
            return "Examples count by their class in training only; data losses and metrics are without these weights."
