//! How far something is, on stderr: a bar with rate and time left on a terminal, elsewhere a line
//! now and then.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{
    BinaryBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle,
};

use super::Output;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
const BYTES_OF: &str = "{bar:30} {percent:>3} %  {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {left} left";
const BYTES: &str = "{spinner} {binary_bytes}, {binary_bytes_per_sec}";
const TASKS: &str = "{bar:30} {percent:>3} %  {pos} of {len} tasks, {rate}/s, {left} left, {msg}";

/// How far something is. Clones speak of the same.
#[derive(Clone)]
pub(crate) struct Progress {
    output: Output,
    bar: ProgressBar,
    counts_bytes: bool,
    told: Instant,
}

impl Progress {
    /// Bytes on their way, of so many if that is known.
    pub(crate) fn of_bytes(output: Output, total: Option<u64>) -> Self {
        let template = total.map_or(BYTES, |_| BYTES_OF);
        Self::new(output, total, template, true)
    }

    /// Tasks that end.
    pub(crate) fn of_tasks(output: Output) -> Self {
        Self::new(output, Some(0), TASKS, false)
    }

    fn new(output: Output, total: Option<u64>, template: &str, counts_bytes: bool) -> Self {
        let bar = if output.quiet {
            ProgressBar::hidden()
        } else {
            // A stderr that is no terminal draws nothing.
            ProgressBar::with_draw_target(total, ProgressDrawTarget::stderr())
        };
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.progress_chars("=> ");
        bar.set_style(
            style
                .with_key("rate", show_rate)
                .with_key("left", show_left),
        );
        Self {
            output,
            bar,
            counts_bytes,
            told: Instant::now(),
        }
    }

    /// Whether a person sees every step.
    pub(crate) fn is_watched() -> bool {
        io::stderr().is_terminal()
    }

    /// So much is done.
    pub(crate) fn reach(&mut self, done: u64) {
        self.bar.set_position(done);
        self.tell();
    }

    /// So much is done of so much, and what else there is to say.
    pub(crate) fn reach_of(&mut self, done: u64, of: u64, note: String) {
        let is_first = self.bar.length() == Some(0);
        self.bar.set_length(of);
        self.bar.set_message(note);
        self.reach(done);
        if is_first {
            // What was done before anybody looked says nothing about the rate.
            self.bar.reset_eta();
        }
    }

    fn tell(&mut self) {
        if Self::is_watched() || self.told.elapsed() < LINE_EVERY {
            return;
        }
        self.told = Instant::now();
        let (done, note) = (self.bar.position(), self.bar.message());
        self.output.tell(&if self.counts_bytes {
            format!("{} sent", BinaryBytes(done))
        } else {
            let all = self.bar.length().unwrap_or_default();
            format!("{done} of {all} tasks ended, {note}")
        });
    }

    /// Clears the bar, so that what follows stands on a line of its own.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn show_rate(state: &ProgressState, line: &mut dyn Write) {
    let _ = write!(line, "{:.1}", state.per_sec());
}

fn show_left(state: &ProgressState, line: &mut dyn Write) {
    let _ = if state.per_sec() > 0.0 {
        write!(line, "{}", HumanDuration(state.eta()))
    } else {
        line.write_char('?')
    };
}
