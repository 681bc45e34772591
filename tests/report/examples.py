"""An example of every case that a report can meet, for tests that hold languages to phrasing them all."""

from __future__ import annotations

import typing
from dataclasses import replace

from synthetic import make_summary

from ridgepath.report import analysis as of_analysis
from ridgepath.report.cases import analysis, answer, findings, notes, verdicts
from ridgepath.report.estimates import Estimate, Shares
from ridgepath.splits import Division
from ridgepath.statistics.claims import Claim, Figure, Key, Reason
from ridgepath.statistics.evidence import Interval

SUMMARY = make_summary()
FOUND = SUMMARY.choices[0].from_smallest[1]
LOSS = Estimate(0.3125, 0.0211, 0.27, 0.355, 5)
HONEST = replace(SUMMARY.choices[0].honest.estimate, mean=0.3377, standard_error=0.0211)
FOLDS = Division(folds=5, train=3200, validation=800, repetitions=2, partial=1, seeds_of_partial=2)
DRAWN = Division(folds=0, train=3000, validation=1000, repetitions=0, partial=0, seeds_of_partial=0)
MADE = of_analysis.made(SUMMARY)
TRIED = MADE.tried[0]
INTERVAL = Interval(-0.0153, -0.035, 0.005, 5, 1000, "seeds and examples")


def claim(key: Key, verdict: str = "supported", reason: Reason | None = None) -> Claim:
    strengths = (0.01, 0.001) if key == "dropout differs" else (0.01, 0.0)
    return Claim(key, verdict, (Figure("gap", "loss", *strengths, INTERVAL),), reason)


ANSWERS = (
    answer.NoTrialYet(),
    answer.AllEndedBadly(20),
    answer.NoFiniteMean(),
    answer.OnlyOneTried(0.001, LOSS, 5, 1000),
    answer.HasLowest(0.001, LOSS, 1, 1),
    answer.NoSeedInCommon(0.0),
    answer.IsBetter(FOUND),
    answer.IsWorse(FOUND),
    answer.IsEquivalent(FOUND),
    *(
        answer.IsUndecided(FOUND, remedy)
        for remedy in (verdicts.MoreSeeds(), verdicts.SeedsWould(17), verdicts.ExamplesWould(4000))
    ),
    answer.OthersCompared(((0.001, "worse"), (0.01, "undecided"))),
    answer.NoLargerTried(),
    answer.NoLargerFinished(),
    answer.NoStandardError(),
    answer.NoneWithinOneError(),
    answer.WithinOneError(0.01),
    answer.LargestEquivalent(0.01),
)
SURE = (
    answer.NotKnownHowSure(),
    *(
        answer.WouldBeChosen(covers, ((0.001, 0.75), (0.0001, 0.25)))
        for covers in ("seeds and examples", "seeds, examples and splits", "examples", "seeds")
    ),
    answer.Corrected(HONEST, 0.0252),
)
RANKINGS = (
    answer.RankedFirst(("dropout", 0.3), LOSS),
    answer.RankedBehind(((("l2", 0.001), LOSS), (("weight_decay", 0.004), LOSS))),
    answer.FirstCompared("val_data_loss", (("better", (("l2", 0.001),)), ("undecided", (("weight_decay", 0.004),)))),
    answer.FirstCompared("val_accuracy", (("equivalent", (("l2", 0.001),)), ("worse", (("weight_decay", 0.004),)))),
)
FURTHER = (
    answer.OnTestExamples(0.001, 1000, LOSS, (("accuracy", LOSS),)),
    answer.KerasDisagrees(0.0, 0.001),
    answer.PathCaption(None, printed=False),
    answer.PathCaption("seeds and examples", printed=True),
    answer.CurvesCaption(None, None),
    answer.CurvesCaption("seeds", 500),
    answer.CurvesCaption("seeds, examples and splits", 2000),
)
REMEDIES = (
    verdicts.Decided(),
    verdicts.NoCommonSeed(),
    verdicts.MoreSeeds(),
    verdicts.SeedsWould(17),
    verdicts.ExamplesWould(4000),
    verdicts.NotBySeeds(),
    verdicts.NeitherAlone(),
)
HEADINGS = (verdicts.AgainstSmallest(0.0), verdicts.AgainstLowest(0.001), verdicts.BetweenChoices())
MARGINS = (
    verdicts.MarginSet(0.002),
    verdicts.MarginOfSecond(),
    verdicts.MarginUnknown(),
    verdicts.MarginOfMean(0.0211, 0.001),
)
READINGS = (
    verdicts.Differences("val_data_loss", False, True, ("seeds and examples",)),
    verdicts.Differences("val_accuracy", True, False, ("none",)),
    verdicts.Forecasts(),
    verdicts.SeedsLeftOut(2),
    verdicts.FurtherLooks(3),
)
NOTES = (
    *(
        notes.ErrorsCover(fewest, 5, noise=noise, tested=tested)
        for noise in typing.get_args(notes.Noise)
        for tested in (True, False)
        for fewest in (3, 5)
    ),
    notes.Divided(DRAWN),
    notes.Divided(FOLDS),
    notes.FoldsMissing(FOLDS),
    notes.SharesOfError("", 0.001, Shares(0.02, 0.97, 0.01), divided=False),
    notes.SharesOfError("l2", 0.001, Shares(0.3, 0.7, 0.0), divided=True),
    notes.OneTrialOnly(),
    notes.ExamplesAre(3000, 1000, 0),
    notes.ExamplesAre(3000, 1000, 1000),
    notes.TrainingPart(500, 3000),
    notes.TestHadNoPart(),
    notes.ValidationFlatters(),
    notes.LeftOut(2, 0, 20),
    notes.LeftOut(1, 2, 20),
    notes.NotTrainedYet(12, 20),
    notes.UnequalSeeds(),
    notes.NotFinite("val", (("", 0.001),)),
    notes.NotFinite("train", (("l2", 0.001), ("dropout", 0.3))),
    notes.LowestAtLargest(""),
    notes.LowestAtSmallest("l2"),
)
FINDINGS = (
    *(
        findings.ShiftsReading(findings.SeedCounts(3, 5), noise, 1000, ("underfits", "narrows the gap"))
        for noise in typing.get_args(findings.ShiftNoise)
    ),
    findings.CoursesReading(findings.SeedCounts(5, 5), divided=False),
    findings.CoursesReading(findings.SeedCounts(1, 1), divided=True),
    findings.ClaimsReading(findings.SeedCounts(4, 5), ("seeds", "seeds and examples")),
    findings.NothingCanBeDecided(),
)
CLAIMS = (
    *(claim(key, verdict) for key in typing.get_args(Key) for verdict in ("supported", "contradicted")),
    *(claim(key, "undecided", "noise") for key in typing.get_args(Key)),
    *(claim("narrower gap", "undecided", reason) for reason in typing.get_args(Reason)),
)
ANALYSES = (
    *(
        analysis.Means(replace(TRIED, penalty=penalty, variant="width"))
        for penalty in typing.get_args(analysis.Penalty)
    ),
    analysis.Shown(0.0, (("regularizes", (0.0001, 0.001)), ("no sure change", (0.01,)))),
    analysis.NothingSure(0.0),
    *(analysis.Checked(each) for each in CLAIMS),
    analysis.NothingToTell(),
)
TAKEAWAYS = (
    analysis.Helps(FOUND),
    analysis.MakesNoDifference(FOUND),
    analysis.Open(FOUND, verdicts.NeitherAlone()),
    analysis.Open(FOUND, verdicts.Decided()),
    analysis.SmallestIsBest(0.0),
    analysis.SmallestIsBest(0.001),
    analysis.SmallestIsLowest(0.0, (0.001, 0.01)),
    analysis.SmallestIsLowest(0.0, ()),
    analysis.NotComparable(0.001),
    analysis.NoAnswer(),
    analysis.AloneItWouldBe("supported"),
    analysis.AloneItWouldBe("contradicted"),
    *(
        analysis.BothSides(claim("too much underfits", verdict), claim("too little overfits", verdict))
        for verdict in ("supported", "contradicted", "undecided")
    ),
)
GROUPS = (
    (answer.AnswerCase, ANSWERS, "answers", "answer"),
    (answer.SureCase, SURE, "answers", "how_sure"),
    (answer.RankingCase, RANKINGS, "answers", "ranking"),
    (answer.FurtherCase, FURTHER, "answers", "further"),
    (verdicts.Remedy, REMEDIES, "verdicts", "would_decide"),
    (verdicts.Remedy, REMEDIES, "verdicts", "would_decide_cell"),
    (verdicts.Heading, HEADINGS, "verdicts", "heading"),
    (verdicts.Margin, MARGINS, "verdicts", "margin"),
    (verdicts.Reading, READINGS, "verdicts", "reading"),
    (notes.NoteCase, NOTES, "notes", "note"),
    (findings.FindingsReading, FINDINGS, "findings", "findings_reading"),
    (Claim, CLAIMS, "findings", "grounds"),
    (analysis.AnalysisCase, ANALYSES, "document", "analysis"),
    (analysis.TakeawayCase, TAKEAWAYS, "document", "takeaway"),
)
"""Cases that stand together, an example of each, and the function of a language that phrases them."""
