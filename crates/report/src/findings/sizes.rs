//! From which size on each runtime pays, and how the kernel does at each size.

use abreast::analyse::Row;
use abreast::analyse::break_even::{self, PaysFrom, break_evens as all, earliest, on_all_cores};
use abreast::record::Role;
use serde::Serialize;

use super::{Standing, by_size};
use crate::language::Language;
use crate::records::Record;

/// The break-evens, and the advice.
#[derive(Debug, Serialize)]
pub(super) struct BreakEvens {
    all: Vec<BreakEven>,
    /// The best of them: with a core for each thread, the one that pays earliest.
    best: Option<BreakEven>,
    /// The most threads with a core each, where they are more than the best's, and from how many elements on its runtime is fastest
    /// on as many.
    more: Option<(usize, String)>,
    /// The largest size, in elements.
    largest: String,
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
        }
    };
    let largest = record.rows.iter().map(|row| row.key.size.elements()).max();
    let best = earliest(&found);
    (!found.is_empty()).then(|| BreakEvens {
        all: found.iter().map(shown).collect(),
        best: best.map(shown),
        more: best
            .and_then(|best| on_all_cores(&record.rows, best))
            .map(|(threads, from)| (threads, language.whole(from))),
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
