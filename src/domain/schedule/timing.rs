//! The moments that a rule names.
//!
//! Cron expressions are croner's: where a change of the clocks leaves an hour out, a fixed time in it
//! fires right after it, and steps and wildcards pass; where an hour comes twice, a fixed time fires the
//! first time, and steps and wildcards both times. Zones are those that the program brings along, so
//! that every replica has the same, whatever its machine has installed.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{MAX_CRON_BYTES, MAX_EVERY_MS, MIN_EVERY_MS};
use crate::domain::{InvalidInput, UnixMillis};

/// When a schedule fires, read and checked.
#[derive(Debug, Clone)]
pub struct Timing(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Cron { cron: Box<Cron>, zone: TimeZone },
    Every(u64),
}

impl Timing {
    /// The moments that a cron expression matches in a zone.
    pub fn cron(text: &str, zone: &str) -> Result<Self, InvalidInput> {
        let zone = parse_zone(zone)?;
        if text.len() > MAX_CRON_BYTES || !text.is_ascii() {
            let message =
                format!("a cron expression has at most {MAX_CRON_BYTES} ASCII characters");
            return Err(InvalidInput::new("/cron", message));
        }
        let parser = CronParser::builder()
            .seconds(Seconds::Optional)
            .year(Year::Disallowed)
            .build();
        let cron = parser.parse(text).map_err(|error| {
            InvalidInput::new("/cron", format!("not a cron expression: {error}"))
        })?;
        let cron = Box::new(cron);
        Ok(Self(Kind::Cron { cron, zone }))
    }

    /// A moment every so many milliseconds.
    pub fn every(every_ms: u64, zone: &str) -> Result<Self, InvalidInput> {
        parse_zone(zone)?;
        if !(MIN_EVERY_MS..=MAX_EVERY_MS).contains(&every_ms) {
            let message = format!(
                "every_ms lies between {MIN_EVERY_MS} (a second) and {MAX_EVERY_MS} (366 days)"
            );
            return Err(InvalidInput::new("/every_ms", message));
        }
        Ok(Self(Kind::Every(every_ms)))
    }

    /// The first moment after `moment`; `None` when there is none. `anchor` is where `every_ms` is
    /// counted from.
    pub fn next_after(&self, anchor: UnixMillis, moment: UnixMillis) -> Option<UnixMillis> {
        match &self.0 {
            Kind::Cron { cron, zone } => {
                let start = zoned(moment.get() / 1_000 * 1_000, zone)?;
                millis(&cron.find_next_occurrence(&start, false).ok()?)
            }
            Kind::Every(every_ms) => {
                let steps = (moment.get().checked_sub(anchor.get())).map_or(0, |ms| ms / every_ms);
                Some(anchor.plus((steps + 1).saturating_mul(*every_ms)))
                    .filter(|next| *next > moment)
            }
        }
    }

    /// The last moment before `moment`; `None` when there is none.
    pub fn last_before(&self, anchor: UnixMillis, moment: UnixMillis) -> Option<UnixMillis> {
        match &self.0 {
            Kind::Cron { cron, zone } => {
                let start = zoned(moment.get().div_ceil(1_000) * 1_000, zone)?;
                millis(&cron.find_previous_occurrence(&start, false).ok()?)
            }
            Kind::Every(every_ms) => {
                let passed = moment.get().checked_sub(anchor.get() + 1)?;
                let steps = passed / every_ms;
                (steps > 0).then(|| anchor.plus(steps * every_ms))
            }
        }
    }

    /// The next `count` moments after `moment`; fewer when there are no more.
    pub fn upcoming(
        &self,
        anchor: UnixMillis,
        moment: UnixMillis,
        count: usize,
    ) -> Vec<UnixMillis> {
        let first = self.next_after(anchor, moment);
        std::iter::successors(first, |moment| self.next_after(anchor, *moment))
            .take(count)
            .collect()
    }
}

fn parse_zone(name: &str) -> Result<TimeZone, InvalidInput> {
    TimeZone::get(name).map_err(|_| {
        let message = "a timezone is the name of one in the IANA database, as Europe/Berlin or UTC";
        InvalidInput::new("/timezone", message)
    })
}

fn zoned(millis: u64, zone: &TimeZone) -> Option<Zoned> {
    let timestamp = Timestamp::from_millisecond(i64::try_from(millis).ok()?).ok()?;
    Some(timestamp.to_zoned(zone.clone()))
}

fn millis(moment: &Zoned) -> Option<UnixMillis> {
    u64::try_from(moment.timestamp().as_millisecond())
        .ok()
        .map(UnixMillis::new)
}

#[cfg(test)]
mod tests;
