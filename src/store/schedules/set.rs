//! Set: what a schedule is like, and whether it is paused.
//!
//! The next moment is found here, from the clock that the store has just read; the script only checks
//! that the schedule is still of the revision that this was decided for.

use super::codec::{decode, encode_definition, push_moment};
use super::{Schedules, TRIES};
use crate::domain::schedule::{Rule, Schedule};
use crate::domain::task::IdempotencyKey;
use crate::domain::task_template::TaskTemplate;
use crate::domain::{ScheduleName, UnixMillis};
use crate::store::args::Args;
use crate::store::codec::{Record, hex};
use crate::store::{StoreError, scripts};

/// How long a key finds the schedule that it has made, milliseconds.
const KEY_LIVES_MS: u64 = 24 * 3_600 * 1_000;

/// What a schedule is to be like; the rule is one whose `timing` could be read.
#[derive(Debug, Clone)]
pub struct Definition {
    /// When it fires, and how.
    pub rule: Rule,
    /// What it submits.
    pub task: TaskTemplate,
}

/// What became of a new schedule.
#[derive(Debug)]
pub enum CreateOutcome {
    /// It is there.
    Created(Box<Schedule>),
    /// The Idempotency-Key has made it before.
    Replayed(Box<Schedule>),
    /// The Idempotency-Key came with another body before.
    KeyReused,
    /// There is a schedule of that name.
    Exists,
    /// Its rule names no moment any more.
    NeverFires,
}

/// What became of a change.
#[derive(Debug)]
pub enum SetOutcome {
    /// The schedule came into being.
    New(Box<Schedule>),
    /// The schedule was there.
    Known(Box<Schedule>),
    /// There is none of that name.
    NotFound,
    /// Its rule names no moment any more.
    NeverFires,
}

impl Schedules {
    /// Makes a schedule of a name that none has.
    pub async fn create(
        &self,
        name: &ScheduleName,
        definition: &Definition,
        key: Option<&IdempotencyKey>,
    ) -> Result<CreateOutcome, StoreError> {
        let made_by = key.map(|key| format!("{} {}", hex(&key.scope), hex(&key.body)));
        for _ in 0..TRIES {
            let (now, record) = self.read(name).await?;
            if let Some(record) = record {
                return known(name, now, record, made_by.as_deref());
            }
            let Some(mut args) = begin(name, now, definition)? else {
                return Ok(CreateOutcome::NeverFires);
            };
            args.push("key")
                .push(made_by.as_deref().unwrap_or_default());
            if let Some(schedule) = self.send(name, &args).await? {
                return Ok(CreateOutcome::Created(Box::new(schedule)));
            }
        }
        Err(StoreError::not_done())
    }

    /// Sets what a schedule is like, all of it; one that is not there comes into being.
    pub async fn replace(
        &self,
        name: &ScheduleName,
        definition: &Definition,
    ) -> Result<SetOutcome, StoreError> {
        let known = self
            .change(name, |_| Ok::<_, StoreError>(definition.clone()))
            .await??;
        if !matches!(known, SetOutcome::NotFound) {
            return Ok(known);
        }
        match self.create(name, definition, None).await? {
            CreateOutcome::Created(schedule) => Ok(SetOutcome::New(schedule)),
            CreateOutcome::NeverFires => Ok(SetOutcome::NeverFires),
            // Somebody was faster, just now.
            _ => Err(StoreError::not_done()),
        }
    }

    /// Changes a schedule that is there. `decide` says what it is to be like, from what it is.
    pub async fn change<E>(
        &self,
        name: &ScheduleName,
        decide: impl Fn(&Schedule) -> Result<Definition, E>,
    ) -> Result<Result<SetOutcome, E>, StoreError> {
        for _ in 0..TRIES {
            let (now, Some(record)) = self.read(name).await? else {
                return Ok(Ok(SetOutcome::NotFound));
            };
            let schedule = decode(name.clone(), record)?;
            let definition = match decide(&schedule) {
                Ok(definition) => definition,
                Err(error) => return Ok(Err(error)),
            };
            let Some(args) = alter(&schedule, now, &definition)? else {
                return Ok(Ok(SetOutcome::NeverFires));
            };
            if let Some(schedule) = self.send(name, &args).await? {
                return Ok(Ok(SetOutcome::Known(Box::new(schedule))));
            }
        }
        Err(StoreError::not_done())
    }

    /// Lets the moments of a schedule pass from now on.
    pub async fn pause(&self, name: &ScheduleName) -> Result<Option<Schedule>, StoreError> {
        self.switch(name, |schedule, _| {
            let mut args = head(schedule, None);
            args.push("paused").push("1");
            args.push("next").push("").push("waiting").push("");
            Ok(args)
        })
        .await
    }

    /// Lets a schedule fire again: from its next moment on, not those that have passed.
    pub async fn resume(&self, name: &ScheduleName) -> Result<Option<Schedule>, StoreError> {
        self.switch(name, |schedule, now| {
            let next = match schedule.next {
                Some(next) => Some(next),
                None => read_timing(&schedule.rule)?.next_after(schedule.anchor, now),
            };
            let mut args = head(schedule, next);
            args.push("paused").push("").push("next");
            push_moment(&mut args, next);
            Ok(args)
        })
        .await
    }

    async fn switch(
        &self,
        name: &ScheduleName,
        decide: impl Fn(&Schedule, UnixMillis) -> Result<Args, StoreError>,
    ) -> Result<Option<Schedule>, StoreError> {
        for _ in 0..TRIES {
            let (now, Some(record)) = self.read(name).await? else {
                return Ok(None);
            };
            let args = decide(&decode(name.clone(), record)?, now)?;
            if let Some(schedule) = self.send(name, &args).await? {
                return Ok(Some(schedule));
            }
        }
        Err(StoreError::not_done())
    }

    /// The schedule after the change, or `None` when another change came before it.
    async fn send(&self, name: &ScheduleName, args: &Args) -> Result<Option<Schedule>, StoreError> {
        let partition = self.core.partition_of_schedule(name);
        let mut reply = self
            .core
            .call(&scripts::SET_SCHEDULE, partition, "", args)
            .await?;
        if reply.text()? != "done" {
            return Ok(None);
        }
        let (_, record) = self.read(name).await?;
        record
            .map(|record| decode(name.clone(), record))
            .transpose()
    }
}

/// A schedule is there already: the one that the same request has made before, or another.
fn known(
    name: &ScheduleName,
    now: UnixMillis,
    mut record: Record,
    made_by: Option<&str>,
) -> Result<CreateOutcome, StoreError> {
    let before = record.take("key");
    let schedule = decode(name.clone(), record)?;
    let (Some(made_by), Some(before)) = (made_by, before) else {
        return Ok(CreateOutcome::Exists);
    };
    let scope = |text: &str| text.split(' ').next().map(str::to_owned);
    let is_live = now < schedule.created_at.plus(KEY_LIVES_MS);
    Ok(if !is_live || scope(made_by) != scope(&before) {
        CreateOutcome::Exists
    } else if made_by == before {
        CreateOutcome::Replayed(Box::new(schedule))
    } else {
        CreateOutcome::KeyReused
    })
}

/// The arguments that begin every change: the schedule, its revision, and when to look at it.
fn head(schedule: &Schedule, next: Option<UnixMillis>) -> Args {
    let mut args = Args::default();
    args.push(schedule.name.as_str())
        .push_number(schedule.revision);
    let waiting = schedule.waiting.filter(|_| next.is_some());
    push_moment(
        &mut args,
        waiting.or_else(|| next.map(|next| schedule.with_jitter(next))),
    );
    args
}

/// The arguments of a new schedule; `None` when it would never fire.
fn begin(
    name: &ScheduleName,
    now: UnixMillis,
    definition: &Definition,
) -> Result<Option<Args>, StoreError> {
    let Definition { rule, task } = definition;
    let Some(next) = read_timing(rule)?.next_after(now, now) else {
        return Ok(None);
    };
    let look_at = crate::domain::schedule::due::with_jitter(name, rule.jitter_ms, next);
    let mut args = Args::default();
    args.push(name.as_str()).push("").push_number(look_at.get());
    encode_definition(&mut args, rule, task)?;
    args.push("anchor").push_number(now.get());
    args.push("next").push_number(next.get());
    Ok(Some(args))
}

/// The arguments of a change; `None` when it would never fire. A rule that names the same moments as
/// before goes on where it was; another one begins now.
fn alter(
    schedule: &Schedule,
    now: UnixMillis,
    definition: &Definition,
) -> Result<Option<Args>, StoreError> {
    let Definition { rule, task } = definition;
    let timing = read_timing(rule)?;
    let goes_on = rule.fires_like(&schedule.rule);
    let anchor = if goes_on { schedule.anchor } else { now };
    let next = if goes_on && schedule.next.is_some() {
        schedule.next
    } else {
        timing.next_after(anchor, now)
    };
    if next.is_none() {
        return Ok(None);
    }
    let next = next.filter(|_| !schedule.paused);
    let altered = Schedule {
        rule: rule.clone(),
        ..schedule.clone()
    };
    let mut args = head(&altered, next);
    encode_definition(&mut args, rule, task)?;
    args.push("anchor").push_number(anchor.get()).push("next");
    push_moment(&mut args, next);
    Ok(Some(args))
}

pub(super) fn read_timing(
    rule: &Rule,
) -> Result<crate::domain::schedule::timing::Timing, StoreError> {
    rule.timing().map_err(|faults| {
        let fault = faults.into_iter().next();
        StoreError::corrupt(fault.map_or_else(String::new, |fault| fault.to_string()))
    })
}
