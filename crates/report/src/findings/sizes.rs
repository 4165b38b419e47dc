//! From which size on each runtime pays, and how the kernel does at each size.

use abreast::analyse::Row;
use abreast::analyse::break_even::{self, PaysFrom, below, break_evens as all, choices};
use abreast::record::Role;
use serde::Serialize;

use super::{Standing, by_size};
use crate::language::Language;
use crate::records::Record;

/// The break-evens, and the advice.
#[derive(Debug, Serialize)]
pub(super) struct BreakEvens {
    all: Vec<BreakEven>,
    /// What to use at which size, from the smallest on.
    choices: Vec<Choice>,
    /// Below how many elements one thread is to be used, with the interval of that, where it is known better than between two sizes.
    below: Option<(String, (String, String))>,
    /// The largest size, in elements.
    largest: String,
}

/// What to use over a range of sizes.
#[derive(Debug, Serialize)]
struct Choice {
    /// The smallest and the largest size that was measured in it, in elements.
    from: String,
    to: String,
    /// A runtime and its threads, and those that are as fast; none where nothing beat one thread.
    best: Vec<(String, usize)>,
}

/// Where one runtime breaks even.
#[derive(Debug, Serialize)]
struct BreakEven {
    runtime: String,
    threads: usize,
    oversubscribed: bool,
    /// `always`, `size` or `never`.
    from: &'static str,
    size: String,
    /// The interval, where there is one.
    interval: Option<(String, String)>,
    /// Whether its ends are the smallest and the largest size measured, and so may lie beyond.
    open: (bool, bool),
}

/// `None` where nothing was measured to break even.
pub(super) fn break_evens(record: &Record, language: Language) -> Option<BreakEvens> {
    let found = all(&record.rows);
    let shown = |b: &break_even::BreakEven| {
        let count = |size| language.count(size);
        let (from, size, interval) = match b.from {
            PaysFrom::Always(size) => ("always", language.whole(size), None),
            PaysFrom::Size(size) => (
                "size",
                count(size.median),
                Some((count(size.low), count(size.high))),
            ),
            PaysFrom::Never(size) => ("never", language.whole(size), None),
        };
        BreakEven {
            runtime: b.arm.clone(),
            threads: b.threads,
            oversubscribed: b.oversubscribed,
            from,
            size,
            interval,
            open: match b.from {
                PaysFrom::Size(size) => (
                    size.low <= b.measured.0 as f64,
                    size.high >= b.measured.1 as f64,
                ),
                PaysFrom::Always(_) | PaysFrom::Never(_) => (false, false),
            },
        }
    };
    let largest = record.rows.iter().map(|row| row.key.size.elements()).max();
    let choices = choices(record);
    let below = match &choices[..] {
        [first, next, ..] if first.best.is_empty() => below(&found, first, next),
        _ => None,
    };
    let choice = |choice: &break_even::Choice<'_>| {
        let best = choice.best.iter();
        Choice {
            from: language.whole(choice.from),
            to: language.whole(choice.to),
            best: best.map(|row| (row.key.name(), row.key.threads)).collect(),
        }
    };
    (!found.is_empty()).then(|| BreakEvens {
        all: found.iter().map(shown).collect(),
        choices: choices.iter().map(choice).collect(),
        below: below.map(|size| {
            let count = |size| language.count(size);
            (count(size.median), (count(size.low), count(size.high)))
        }),
        largest: language.whole(largest.unwrap_or(0)),
    })
}

/// The kernel's levels at each size and thread count: `best` is the CPU's best level, held against the naive loop or the copy.
pub(super) fn kernels(record: &Record, language: Language) -> Vec<Standing> {
    let mut standings = Vec::new();
    for rows in by_size(&record.rows) {
        for rows in rows.chunk_by(|a, b| a.key.threads == b.key.threads) {
            let is_level = |row: &&Row| row.role == Role::Contender && row.figures().is_some();
            // Levels stand in the record from the best down.
            let best = rows.iter().find(is_level);
            standings.extend(best.map(|best| Standing::new(best, &[], rows, record, language)));
        }
    }
    standings
}
