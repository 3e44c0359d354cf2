//! Latencies, in histograms that keep three digits from 1 microsecond to 10 minutes.

use std::cell::RefCell;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

const HIGHEST_US: u64 = 600_000_000;

/// Records latencies from all connections of one workload; they share one thread.
pub(super) struct Latencies(RefCell<Histogram<u64>>);

/// What is reported of a histogram.
#[derive(Debug, Serialize)]
pub(super) struct Percentiles {
    count: u64,
    mean_ms: f64,
    p50_ms: f64,
    p90_ms: f64,
    pub(super) p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
}

impl Latencies {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self(RefCell::new(Histogram::new_with_bounds(
            1, HIGHEST_US, 3,
        )?)))
    }

    pub(super) fn record(&self, latency: Duration) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(HIGHEST_US);
        self.0.borrow_mut().saturating_record(microseconds);
    }

    pub(super) fn percentiles(&self) -> Percentiles {
        let histogram = self.0.borrow();
        let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
        Percentiles {
            count: histogram.len(),
            mean_ms: (histogram.mean()).round() / 1000.0,
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: milliseconds(histogram.max()),
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ten minutes of microseconds are far below 2^53"
)]
fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_milliseconds() {
        let latencies = Latencies::new().unwrap();
        for milliseconds in 1..=100 {
            latencies.record(Duration::from_millis(milliseconds));
        }
        let percentiles = latencies.percentiles();
        assert_eq!(percentiles.count, 100);
        assert!((percentiles.p50_ms - 50.0).abs() < 0.1, "{percentiles:?}");
        assert!((percentiles.p99_ms - 99.0).abs() < 0.1, "{percentiles:?}");
    }
}
