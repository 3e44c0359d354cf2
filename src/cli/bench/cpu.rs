//! Processor time and memory of processes, from /proc. It tells what bounds a rate: on a small machine
//! the load, the service and Redis take it from each other.

use std::fs;

/// What /proc counts in: `USER_HZ`, 100 on every Linux that Rust runs on but Alpha.
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system seconds of all threads of `process`: a number, `self` or (of one
/// thread) `thread-self`. `None` where
/// there is no such process or no /proc.
pub(super) fn seconds_of(process: &str) -> Option<f64> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Resident memory of a process, bytes. `None` where there is no such process or no /proc.
pub(super) fn resident_bytes_of(process: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

fn parse(stat: &str) -> Option<f64> {
    // The second field is the command's name in parentheses, which may itself hold any.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_name_with_parentheses_is_skipped() {
        let stat = "42 (a) b) S 1 1 1 0 -1 4194304 10 0 0 0 150 50 0 0 20 0 1 0";
        assert_eq!(parse(stat), Some(2.0));
    }
}
