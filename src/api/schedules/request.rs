//! What a client says of a schedule, and the checks that need no store.

use serde::Deserialize;

use crate::api::openapi::schemas;
use crate::api::problem::Problem;
use crate::api::tasks::SubmitTask;
use crate::domain::schedule::{CatchUp, Overlap, Rule};
use crate::domain::task_template::TaskTemplate;
use crate::domain::{InvalidInput, Limits, ScheduleName};
use crate::store::schedules::Definition;

/// A schedule to be created.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateSchedule {
    /// Its name; `preview` is taken.
    #[schema(value_type = schemas::Name)]
    pub(super) name: ScheduleName,
    /// When it fires: 5 fields (minute, hour, day of the month, month, day of the week), 6 with seconds
    /// first, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Not with `every_ms`.
    #[schema(max_length = 256)]
    cron: Option<String>,
    /// Milliseconds between two moments, counted from now. Not with `cron`.
    #[schema(minimum = 1_000, maximum = 31_622_400_000_u64)]
    every_ms: Option<u64>,
    /// The IANA time zone in which `cron` is read.
    #[schema(default = "UTC")]
    timezone: Option<String>,
    /// What becomes of a moment while the task of the one before is unfinished; `skip` by default.
    #[schema(value_type = Option<schemas::Overlap>)]
    overlap: Option<Overlap>,
    /// What becomes of moments that could not be fired for a minute; `none` by default.
    #[schema(value_type = Option<schemas::CatchUp>)]
    catch_up: Option<CatchUp>,
    /// Fires up to so many milliseconds late, so that schedules of one rule do not fire together.
    #[schema(default = 0, maximum = 3_600_000)]
    jitter_ms: Option<u64>,
    /// What it submits: as for a submit, without `run_at`.
    task: SubmitTask,
}

/// What a schedule is to be like. PUT gives what is left out its default, PATCH leaves it as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetSchedule {
    /// When it fires. Not with `every_ms`, which it takes the place of.
    #[schema(max_length = 256)]
    cron: Option<String>,
    /// Milliseconds between two moments. Not with `cron`, which it takes the place of.
    #[schema(minimum = 1_000, maximum = 31_622_400_000_u64)]
    every_ms: Option<u64>,
    /// The IANA time zone in which `cron` is read; UTC by default.
    timezone: Option<String>,
    /// What becomes of a moment while the task of the one before is unfinished; `skip` by default.
    #[schema(value_type = Option<schemas::Overlap>)]
    overlap: Option<Overlap>,
    /// What becomes of moments that could not be fired for a minute; `none` by default.
    #[schema(value_type = Option<schemas::CatchUp>)]
    catch_up: Option<CatchUp>,
    /// Fires up to so many milliseconds late; 0 by default.
    #[schema(maximum = 3_600_000)]
    jitter_ms: Option<u64>,
    /// What it submits, all of it. PUT needs it.
    task: Option<SubmitTask>,
}

/// The same, its task checked.
pub(super) struct Change {
    cron: Option<String>,
    every_ms: Option<u64>,
    timezone: Option<String>,
    overlap: Option<Overlap>,
    catch_up: Option<CatchUp>,
    jitter_ms: Option<u64>,
    task: Option<TaskTemplate>,
}

impl CreateSchedule {
    /// The name, and what the schedule is to be like.
    pub(super) fn check(self, limits: &Limits) -> Result<(ScheduleName, Definition), Problem> {
        check_name(&self.name)?;
        let set = SetSchedule {
            cron: self.cron,
            every_ms: self.every_ms,
            timezone: self.timezone,
            overlap: self.overlap,
            catch_up: self.catch_up,
            jitter_ms: self.jitter_ms,
            task: Some(self.task),
        };
        Ok((self.name, set.check(limits)?.whole()?))
    }
}

/// A schedule that no path could name.
pub(super) fn check_name(name: &ScheduleName) -> Result<(), Problem> {
    if name.as_str() == "preview" {
        let message = "preview is the path of something else: choose another name";
        return Err(Problem::invalid(vec![InvalidInput::new("/name", message)]));
    }
    Ok(())
}

impl SetSchedule {
    /// Checks the task; the rest depends on what the schedule is like.
    pub(super) fn check(self, limits: &Limits) -> Result<Change, Problem> {
        let template = |task: SubmitTask| {
            let submission = task.into_submission(limits)?;
            TaskTemplate::of(submission).map_err(|fault| Problem::invalid(vec![fault]))
        };
        let task = self.task.map(template).transpose();
        Ok(Change {
            cron: self.cron,
            every_ms: self.every_ms,
            timezone: self.timezone,
            overlap: self.overlap,
            catch_up: self.catch_up,
            jitter_ms: self.jitter_ms,
            task: task.map_err(|problem| problem.under("/task"))?,
        })
    }
}

impl Change {
    /// A definition with every default.
    pub(super) fn whole(self) -> Result<Definition, Problem> {
        let Some(task) = self.task.clone() else {
            let message = "a schedule has a task to submit";
            return Err(Problem::invalid(vec![InvalidInput::new("/task", message)]));
        };
        self.merge(&Rule::default(), &task)
    }

    /// What a schedule of this rule and task is like afterwards.
    pub(super) fn merge(&self, rule: &Rule, task: &TaskTemplate) -> Result<Definition, Problem> {
        let (cron, every_ms) = if self.cron.is_some() || self.every_ms.is_some() {
            (self.cron.clone(), self.every_ms)
        } else {
            (rule.cron.clone(), rule.every_ms)
        };
        let rule = Rule {
            cron,
            every_ms,
            timezone: self
                .timezone
                .clone()
                .unwrap_or_else(|| rule.timezone.clone()),
            overlap: self.overlap.unwrap_or(rule.overlap),
            catch_up: self.catch_up.unwrap_or(rule.catch_up),
            jitter_ms: self.jitter_ms.unwrap_or(rule.jitter_ms),
        };
        rule.timing().map_err(Problem::invalid)?;
        let task = self.task.as_ref().unwrap_or(task).clone();
        Ok(Definition { rule, task })
    }
}

/// A rule that names no moment any more.
pub(super) fn never_fires() -> Problem {
    let message = "this names no moment that ever comes";
    Problem::invalid(vec![InvalidInput::new("/cron", message)])
}
