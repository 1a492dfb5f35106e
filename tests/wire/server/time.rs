//! The servers' time, which need not be that of the machine the client runs on.

use super::Server;
use atproto_oauth_wasm::Response;
use atproto_oauth_wasm::ports::Clock;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

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
    /// The servers, by origin, whose clock is their own.
    apart: RefCell<BTreeMap<String, Apart>>,
}

/// A server whose clock is its own, and whose answers show a `Date`.
#[derive(Clone, Copy)]
pub(crate) struct Apart {
    /// By how many milliseconds its time is ahead of the machine's: what it takes in proofs, and what its tokens live by.
    pub(crate) ahead: i64,
    /// By how many milliseconds its `Date` is ahead of the machine's.
    pub(crate) date: i64,
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

    /// From now on this server has a clock of its own.
    pub(crate) fn set_apart(&self, origin: &str, apart: Apart) {
        self.time
            .apart
            .borrow_mut()
            .insert(origin.to_owned(), apart);
    }

    fn apart(&self, origin: &str) -> Option<Apart> {
        self.time.apart.borrow().get(origin).copied()
    }

    fn machine(&self) -> u64 {
        self.clock.get().expect("a clock").now()
    }

    /// The time of the server of an origin.
    pub(super) fn now(&self, origin: &str) -> u64 {
        let ahead = self.apart(origin).map(|apart| apart.ahead);
        self.machine()
            .saturating_add_signed(ahead.unwrap_or(self.time.ahead.get()))
    }

    pub(super) fn timing(&self, origin: &str, issued_at: u64) -> Timing {
        let off = issued_at.abs_diff(self.now(origin) / 1000);
        let tolerance = self.apart(origin).map(|_| 120);
        match tolerance.or(self.time.tolerance.get()) {
            _ if off == 0 => Timing::Good,
            None => Timing::Mistaken,
            Some(tolerance) if off <= tolerance => Timing::Good,
            Some(_) => Timing::Refused,
        }
    }

    /// The `Date` of an answer, where this source shows it.
    pub(super) fn date(&self, origin: &str, source: Source) -> Option<String> {
        if let (Some(apart), Source::Answers) = (self.apart(origin), source) {
            let date = self.machine().saturating_add_signed(apart.date);
            return Some(http_date(date / 1000));
        }
        let shown = self.time.shown_by.get() == Some(source);
        let date = self.now(origin).saturating_add_signed(self.time.lie.get());
        shown.then(|| http_date(date / 1000))
    }

    /// An answer of the app's own server.
    pub(super) fn own_page(&self) -> Response {
        let date = self
            .date("https://app.example.com", Source::OwnServer)
            .map(|date| ("date", date));
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
