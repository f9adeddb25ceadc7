//! Which steps the handovers of a tenant have, and when.

use super::StepKind;
use crate::lang::Text;

/// Most steps of a template.
pub const MOST_STEPS: usize = 20;
/// Most days before the last one at which the steps begin.
const MOST_NOTICE_DAYS: u16 = 180;
/// Most days after the last one at which a step is due.
const MOST_AFTER_DAYS: u16 = 365;

/// The steps that a handover has when it is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// How many days before the last one the steps begin, when there is that much time; 1 to 180.
    pub notice_days: u16,
    /// Its steps; those until the last day in their order.
    pub steps: Vec<TemplateStep>,
}

/// A step of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateStep {
    /// What is to be done; of an introduction and a first meeting alone one for each key contact.
    pub kind: StepKind,
    /// What the tenant calls it.
    pub title: Option<String>,
    /// How many days after the last one: of a check the day from which it is due, of meetings alone the
    /// day by which. None for what comes before the last day.
    pub after_days: Option<u16>,
}

impl Default for Template {
    /// A month of notice, since more than half of moves are announced a month ahead or less; first
    /// meetings alone within a fortnight; checks after 30, 60 and 90 days.
    fn default() -> Self {
        let steps = [
            (StepKind::Briefing, None),
            (StepKind::Introduction, None),
            (StepKind::SoloMeeting, Some(14)),
            (StepKind::Check30, Some(30)),
            (StepKind::Check60, Some(60)),
            (StepKind::Check90, Some(90)),
        ];
        let steps = steps.map(|(kind, after_days)| TemplateStep {
            kind,
            title: None,
            after_days,
        });
        Self {
            notice_days: 30,
            steps: steps.into(),
        }
    }
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateProblem {
    /// Its notice is none, or too long.
    #[error("a notice is 1 to 180 days")]
    Notice,
    /// It has no step, or too many.
    #[error("a template has 1 to 20 steps")]
    StepCount,
    /// What comes before the last day has a day after it.
    #[error("a step before the last day has no days after it")]
    BeforeLastDay(usize),
    /// What comes after the last day has no day, or one too far.
    #[error("a step after the last day is due 1 to 365 days after it")]
    AfterLastDay(usize),
    /// A check whose name says its day has another.
    #[error("CHECK_30, CHECK_60 and CHECK_90 are due on their own days")]
    OtherDay(usize),
    /// It introduces everybody twice, or meets everybody alone twice.
    #[error("introductions and meetings alone come once")]
    Twice(usize),
}

impl TemplateProblem {
    /// The place of the step that is wrong, from 0; none when it is the whole.
    #[must_use]
    pub const fn step(self) -> Option<usize> {
        match self {
            Self::Notice | Self::StepCount => None,
            Self::BeforeLastDay(place) | Self::AfterLastDay(place) | Self::OtherDay(place) | Self::Twice(place) => {
                Some(place)
            }
        }
    }

    /// What to tell the person who made it.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::Notice => Text::fixed("The notice is 1 to 180 days.", "予告期間は1〜180日で指定してください。"),
            Self::StepCount => Text::fixed("A template has 1 to 20 steps.", "ステップは1〜20件で指定してください。"),
            Self::BeforeLastDay(_) => Text::fixed(
                "Briefings and introductions come before the last day: leave afterDays out.",
                "ブリーフィングと紹介は最終日までに行うため、afterDaysは指定しないでください。",
            ),
            Self::AfterLastDay(_) => Text::fixed(
                "Meetings alone and checks are due 1 to 365 days after the last day.",
                "単独訪問とチェックは最終日の1〜365日後で指定してください。",
            ),
            Self::OtherDay(_) => Text::fixed(
                "CHECK_30, CHECK_60 and CHECK_90 are due after 30, 60 and 90 days: use CHECK for another day.",
                "CHECK_30・CHECK_60・CHECK_90は30・60・90日後です。他の日数にはCHECKを使用してください。",
            ),
            Self::Twice(_) => Text::fixed(
                "INTRODUCTION and SOLO_MEETING come once: each is a step for every key contact.",
                "INTRODUCTIONとSOLO_MEETINGは1回だけ指定できます（担当者ごとに1ステップになります）。",
            ),
        }
    }
}

impl Template {
    /// Whether handovers can be planned from it.
    ///
    /// # Errors
    ///
    /// The first [`TemplateProblem`].
    pub fn check(&self) -> Result<(), TemplateProblem> {
        if !(1..=MOST_NOTICE_DAYS).contains(&self.notice_days) {
            return Err(TemplateProblem::Notice);
        }
        if !(1..=MOST_STEPS).contains(&self.steps.len()) {
            return Err(TemplateProblem::StepCount);
        }
        for (place, step) in self.steps.iter().enumerate() {
            let own_day = step.kind.own_day();
            match (step.kind.is_until_last_day(), step.after_days) {
                (true, Some(_)) => return Err(TemplateProblem::BeforeLastDay(place)),
                (false, days) if !days.is_some_and(|days| (1..=MOST_AFTER_DAYS).contains(&days)) => {
                    return Err(TemplateProblem::AfterLastDay(place));
                }
                (false, days) if own_day.is_some() && days != own_day => return Err(TemplateProblem::OtherDay(place)),
                _ => {}
            }
            let comes_once = matches!(step.kind, StepKind::Introduction | StepKind::SoloMeeting);
            if comes_once && self.steps.iter().take(place).any(|earlier| earlier.kind == step.kind) {
                return Err(TemplateProblem::Twice(place));
            }
        }
        Ok(())
    }

    /// The steps until the last day, in order.
    pub(super) fn until_last_day(&self) -> impl Iterator<Item = &TemplateStep> {
        self.steps.iter().filter(|step| step.kind.is_until_last_day())
    }

    /// The steps after the last day, each with its days.
    pub(super) fn after_last_day(&self) -> impl Iterator<Item = (&TemplateStep, u64)> {
        let after = self.steps.iter().filter(|step| !step.kind.is_until_last_day());
        after.filter_map(|step| Some((step, u64::from(step.after_days?))))
    }

    /// How many days after the last one a step may be due, moved to a working day.
    #[must_use]
    pub fn longest_days(&self) -> u64 {
        let days = self.steps.iter().filter_map(|step| step.after_days);
        u64::from(days.max().unwrap_or(0)) + super::steps::MOVE_DAYS
    }
}

impl StepKind {
    /// Whether it is done before the last day is over.
    #[must_use]
    pub const fn is_until_last_day(self) -> bool {
        matches!(self, Self::Briefing | Self::Introduction)
    }

    /// Whether it looks how the relation goes afterwards.
    #[must_use]
    pub const fn is_check(self) -> bool {
        matches!(self, Self::Check | Self::Check30 | Self::Check60 | Self::Check90)
    }

    /// The day after the last one that its name says.
    const fn own_day(self) -> Option<u16> {
        match self {
            Self::Check30 => Some(30),
            Self::Check60 => Some(60),
            Self::Check90 => Some(90),
            Self::Briefing | Self::Introduction | Self::SoloMeeting | Self::Check => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(kind: StepKind, after_days: Option<u16>) -> TemplateStep {
        TemplateStep {
            kind,
            title: None,
            after_days,
        }
    }

    fn problem(notice_days: u16, steps: Vec<TemplateStep>) -> Option<TemplateProblem> {
        Template { notice_days, steps }.check().err()
    }

    #[test]
    fn the_default_can_be_planned_from() {
        assert_eq!(Template::default().check(), Ok(()));
    }

    #[test]
    fn what_cannot_be_planned_says_where_it_is_wrong() {
        use StepKind::{Briefing, Check, Check30, Introduction, SoloMeeting};
        let good = || vec![step(Briefing, None)];
        assert_eq!(problem(0, good()), Some(TemplateProblem::Notice));
        assert_eq!(problem(181, good()), Some(TemplateProblem::Notice));
        assert_eq!(problem(30, vec![]), Some(TemplateProblem::StepCount));
        assert_eq!(
            problem(30, vec![step(Briefing, None); 21]),
            Some(TemplateProblem::StepCount)
        );
        let cases = [
            (step(Introduction, Some(3)), TemplateProblem::BeforeLastDay(1)),
            (step(SoloMeeting, None), TemplateProblem::AfterLastDay(1)),
            (step(Check, Some(0)), TemplateProblem::AfterLastDay(1)),
            (step(Check, Some(366)), TemplateProblem::AfterLastDay(1)),
            (step(Check30, Some(31)), TemplateProblem::OtherDay(1)),
        ];
        for (wrong, expected) in cases {
            assert_eq!(problem(30, vec![step(Briefing, None), wrong]), Some(expected));
            assert_eq!(expected.step(), Some(1));
        }
        let twice = vec![step(Introduction, None), step(Briefing, None), step(Introduction, None)];
        assert_eq!(problem(30, twice), Some(TemplateProblem::Twice(2)));
        assert_eq!(problem(30, vec![step(Briefing, None), step(Briefing, None)]), None);
    }
}
