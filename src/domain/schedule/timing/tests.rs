//! A whole year in two zones, against dates that are stated here and not computed by a library of time.

use super::*;

const ANCHOR: UnixMillis = UnixMillis::new(0);
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;

fn at(text: &str) -> UnixMillis {
    serde_json::from_str(&format!("\"{text}\"")).expect(text)
}

/// Every moment from `from` to before `to`, both ways round: the search back finds the same.
fn fires(cron: &str, zone: &str, from: &str, to: &str) -> Vec<UnixMillis> {
    let timing = Timing::cron(cron, zone).expect(cron);
    let (from, to) = (at(from), at(to));
    let before = UnixMillis::new(from.get() - 1);
    let next = |moment: UnixMillis| timing.next_after(ANCHOR, moment).filter(|next| *next < to);
    let forward: Vec<UnixMillis> =
        std::iter::successors(next(before), |moment| next(*moment)).collect();
    let last = |moment: UnixMillis| {
        timing
            .last_before(ANCHOR, moment)
            .filter(|last| *last >= from)
    };
    let mut back: Vec<UnixMillis> =
        std::iter::successors(last(to), |moment| last(*moment)).collect();
    back.reverse();
    assert_eq!(forward, back, "{cron}");
    forward
}

fn ats(texts: &[&str]) -> Vec<UnixMillis> {
    texts.iter().map(|text| at(text)).collect()
}

/// One moment a day of 2026 at a time of UTC that differs between `summer`'s days, both included, and the rest.
fn daily(winter_ms: u64, summer_ms: u64, summer: [u64; 2]) -> Vec<UnixMillis> {
    let first = at("2026-01-01T00:00:00.000Z").get();
    (0..365)
        .map(|day| {
            let is_summer = (summer[0]..=summer[1]).contains(&day);
            UnixMillis::new(first + day * DAY_MS + if is_summer { summer_ms } else { winter_ms })
        })
        .collect()
}

#[test]
fn a_daily_time_fires_once_a_day_through_both_changes_of_berlin() {
    // Summer time from 29 March (day 87 of the year, counted from 0) to 25 October (day 297).
    let mut expected = daily(HOUR_MS + 1_800_000, 1_800_000, [87, 297]);
    // 2:30 is left out on 29 March: it fires at the first moment after the gap, 3:00 summer time.
    expected[87] = at("2026-03-29T01:00:00.000Z");
    // 2:30 comes twice on 25 October: it fires the first time, in summer time.
    assert_eq!(expected[297], at("2026-10-25T00:30:00.000Z"));
    let (from, to) = ("2025-12-31T23:00:00.000Z", "2026-12-31T23:00:00.000Z");
    assert_eq!(fires("30 2 * * *", "Europe/Berlin", from, to), expected);
}

#[test]
fn a_daily_time_fires_once_a_day_through_both_changes_of_new_york() {
    // Summer time from 8 March (day 66) to 1 November (day 304).
    let mut expected = daily(7 * HOUR_MS + 1_800_000, 6 * HOUR_MS + 1_800_000, [66, 303]);
    expected[66] = at("2026-03-08T07:00:00.000Z");
    let (from, to) = ("2026-01-01T05:00:00.000Z", "2027-01-01T05:00:00.000Z");
    assert_eq!(fires("30 2 * * *", "America/New_York", from, to), expected);
    // 1:30 comes twice on 1 November.
    let night = ["2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"];
    assert_eq!(
        fires("30 1 * * *", "America/New_York", night[0], night[1]),
        ats(&["2026-11-01T05:30:00.000Z"])
    );
}

#[test]
fn steps_fire_in_both_hours_that_are_one_and_in_none_that_is_left_out() {
    let autumn = ["2026-11-01T04:30:00.000Z", "2026-11-01T07:00:00.000Z"];
    assert_eq!(
        fires("*/30 1 * * *", "America/New_York", autumn[0], autumn[1]),
        ats(&[
            "2026-11-01T05:00:00.000Z",
            "2026-11-01T05:30:00.000Z",
            "2026-11-01T06:00:00.000Z",
            "2026-11-01T06:30:00.000Z",
        ])
    );
    let spring = ["2026-03-28T12:00:00.000Z", "2026-03-29T12:00:00.000Z"];
    assert_eq!(
        fires("*/30 2 * * *", "Europe/Berlin", spring[0], spring[1]),
        []
    );
}

#[test]
fn an_hourly_rule_fires_every_real_hour_of_the_year() {
    for zone in ["UTC", "Europe/Berlin", "America/New_York"] {
        let (from, to) = ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z");
        let fires = fires("@hourly", zone, from, to);
        assert_eq!(fires.len(), 8_760, "{zone}");
        let steady = fires
            .windows(2)
            .all(|pair| pair[1].get() - pair[0].get() == HOUR_MS);
        assert!(steady, "{zone}");
    }
}

#[test]
fn every_form_of_expression_is_read() {
    let (from, to) = ("2028-02-28T00:00:00.000Z", "2028-03-02T00:00:00.000Z");
    for (cron, expected) in [
        ("0 12 29 2 *", ats(&["2028-02-29T12:00:00.000Z"])),
        ("30 0 12 L 2 *", ats(&["2028-02-29T12:00:30.000Z"])),
        ("@monthly", ats(&["2028-03-01T00:00:00.000Z"])),
        (
            "@daily",
            ats(&[
                "2028-02-28T00:00:00.000Z",
                "2028-02-29T00:00:00.000Z",
                "2028-03-01T00:00:00.000Z",
            ]),
        ),
        ("5 4 * * TUE#5", ats(&["2028-02-29T04:05:00.000Z"])),
    ] {
        assert_eq!(fires(cron, "UTC", from, to), expected, "{cron}");
    }
}

#[test]
fn what_cannot_be_read_names_the_field() {
    let long = "1,".repeat(200);
    for cron in [
        "",
        "* * * *",
        "* * * * * * *",
        "61 * * * *",
        "@reboot",
        "*/0 * * * *",
        "ü * * * *",
        &long,
    ] {
        let fault = Timing::cron(cron, "UTC").expect_err(cron);
        assert_eq!(fault.pointer, "/cron", "{cron}");
    }
    for zone in ["", "Mars/Base", "../etc/passwd", "CEST!"] {
        let fault = Timing::cron("@daily", zone).expect_err(zone);
        assert_eq!(fault.pointer, "/timezone", "{zone}");
    }
    for every_ms in [0, 999, u64::MAX] {
        let fault = Timing::every(every_ms, "UTC").expect_err("out of range");
        assert_eq!(fault.pointer, "/every_ms");
    }
}

#[test]
fn a_day_that_never_comes_is_no_moment() {
    let timing = Timing::cron("0 0 30 2 *", "UTC").expect("cron");
    assert_eq!(
        timing.next_after(ANCHOR, at("2026-01-01T00:00:00.000Z")),
        None
    );
    assert_eq!(
        timing.upcoming(ANCHOR, at("2026-01-01T00:00:00.000Z"), 5),
        []
    );
}

#[test]
fn an_interval_is_counted_from_its_anchor() {
    let timing = Timing::every(2_500, "UTC").expect("every");
    let moment = UnixMillis::new;
    let anchor = moment(1_000);
    for (now, last, next) in [
        (0, None, 3_500),
        (1_000, None, 3_500),
        (3_500, None, 6_000),
        (3_501, Some(3_500), 6_000),
        (8_499, Some(6_000), 8_500),
    ] {
        assert_eq!(
            timing.last_before(anchor, moment(now)),
            last.map(moment),
            "{now}"
        );
        assert_eq!(
            timing.next_after(anchor, moment(now)),
            Some(moment(next)),
            "{now}"
        );
    }
    assert_eq!(
        timing.upcoming(anchor, moment(5_000), 2),
        [moment(6_000), moment(8_500)]
    );
}
