//! The servers' time, which need not be that of the machine the client runs on.

use super::Server;
use atproto_oauth_wasm::Response;
use atproto_oauth_wasm::ports::Clock;
use std::cell::Cell;

/// How the servers stand to the machine's time. By default they share it to the second, and any other `iat` is a mistake.
#[derive(Default)]
pub(super) struct Time {
    /// By how many milliseconds theirs is ahead.
    ahead: Cell<i64>,
    /// By how many seconds an `iat` may be off, where being off is no mistake of the client's.
    tolerance: Cell<Option<u64>>,
    /// Whose answers show a `Date`.
    shown_by: Cell<Option<Source>>,
    /// By how many milliseconds that is off.
    lie: Cell<i64>,
}

/// Where a client can read the servers' time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the answers to its requests.
    Answers,
    /// In those of the app's own server.
    OwnServer,
}

/// What the verdict on a proof's time can be.
pub(super) enum Timing {
    Good,
    /// As a wrong clock has it.
    Refused,
    /// As no wrong clock explains it.
    Mistaken,
}

impl Server {
    /// From now on the servers' time is so many milliseconds ahead of the machine's, and is shown by this source alone.
    pub(crate) fn be_ahead(&self, milliseconds: i64, shown_by: Option<Source>) {
        self.time.ahead.set(milliseconds);
        self.time.tolerance.set(Some(120));
        self.time.shown_by.set(shown_by);
    }

    /// The `Date` shown is so many milliseconds ahead of the servers' time.
    pub(crate) fn lie_about_date(&self, milliseconds: i64) {
        self.time.lie.set(milliseconds);
    }

    pub(super) fn now(&self) -> u64 {
        let machine = self.clock.get().expect("a clock").now();
        machine.saturating_add_signed(self.time.ahead.get())
    }

    pub(super) fn timing(&self, issued_at: u64) -> Timing {
        let off = issued_at.abs_diff(self.now() / 1000);
        match self.time.tolerance.get() {
            _ if off == 0 => Timing::Good,
            None => Timing::Mistaken,
            Some(tolerance) if off <= tolerance => Timing::Good,
            Some(_) => Timing::Refused,
        }
    }

    /// The `Date` of an answer, where this source shows it.
    pub(super) fn date(&self, source: Source) -> Option<String> {
        let shown = self.time.shown_by.get() == Some(source);
        shown.then(|| http_date(self.now().saturating_add_signed(self.time.lie.get()) / 1000))
    }

    /// An answer of the app's own server.
    pub(super) fn own_page(&self) -> Response {
        let date = self.date(Source::OwnServer).map(|date| ("date", date));
        Response {
            status: 200,
            headers: date.into_iter().collect(),
            body: String::new(),
        }
    }
}

/// RFC 9110 section 5.6.7; the day of the week, which nobody reads, is always the same.
fn http_date(seconds: u64) -> String {
    let (mut days, time) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (hours, minutes, seconds) = (time / 3600, time / 60 % 60, time % 60);
    format!(
        "Thu, {:02} {} {year} {hours:02}:{minutes:02}:{seconds:02} GMT",
        days + 1,
        names[month]
    )
}
