//! Figures as text, and the words for them.

use crate::analyse::Row;
use crate::analyse::figures::Estimate;
use crate::record::Outcome;

/// A ratio with its interval.
pub fn interval(estimate: Estimate) -> String {
    let Estimate { median, low, high } = estimate;
    format!("{} [{}, {}]", ratio(median), ratio(low), ratio(high))
}

/// Two decimals, more where they would say nothing, fewer where they would say too much.
pub fn ratio(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        // Two digits that say something, however small it is.
        v if v.abs() < 1e-4 => format!("{v:.1e}"),
        v if v.abs() < 1e-3 => format!("{v:.5}"),
        v if v.abs() < 0.1 => format!("{v:.4}"),
        v if v < 100.0 => format!("{v:.2}"),
        v => format!("{v:.0}"),
    }
}

/// A value of whatever unit: whole numbers as they are, few digits of others.
pub fn value(value: f64) -> String {
    match value {
        v if v.fract() == 0.0 && v.abs() < 1e5 => format!("{v}"),
        v if v >= 1e5 => elements(v),
        v if v < 1e-3 => format!("{v:.2e}"),
        v => ratio(v),
    }
}

/// The same with its interval, where it has one.
pub fn within(Estimate { median, low, high }: Estimate) -> String {
    match low < high {
        true => format!("{} [{}, {}]", value(median), value(low), value(high)),
        false => value(median),
    }
}

/// A small share.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// An arm within its table.
pub fn name(row: &Row) -> String {
    on_threads(&row.key.name(), row.key.threads)
}

/// An arm on so many threads.
pub fn on_threads(arm: &str, threads: usize) -> String {
    format!("{arm} on {}", self::threads(threads))
}

/// So many threads.
pub fn threads(count: usize) -> String {
    match count {
        1 => "1 thread".to_owned(),
        count => format!("{count} threads"),
    }
}

/// Nanoseconds in the unit that gives one to three digits before the point.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// Bytes in the decimal unit that gives one to three digits before the point.
pub fn bytes(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// A number of elements with three digits: more than any break-even is known to.
pub fn elements(count: f64) -> String {
    match count {
        n if n < 1e3 => format!("{n:.0}"),
        n if n < 1e4 => format!("{:.2}k", n / 1e3),
        n if n < 1e5 => format!("{:.1}k", n / 1e3),
        n if n < 1e6 => format!("{:.0}k", n / 1e3),
        n if n < 1e7 => format!("{:.2}M", n / 1e6),
        n => format!("{:.1}M", n / 1e6),
    }
}

/// What was asked for and is not in the charts.
pub fn missing(rows: &[Row]) -> String {
    let named = |what: &str, outcome: fn(&Outcome) -> bool| {
        let rows: Vec<_> = rows.iter().filter(|row| outcome(&row.outcome)).collect();
        let mut names: Vec<_> = rows.iter().map(|row| &*row.key.arm).collect();
        names.sort_unstable();
        names.dedup();
        match rows.len() {
            0 => None,
            1 => Some(format!("{what}: {}", rows[0].key)),
            arms => Some(format!("{what}: {arms} arms of {}", names.join(", "))),
        }
    };
    let failed = named("FAILED", |outcome| matches!(outcome, Outcome::Failed(_)));
    let refused = named("refused by the system", |outcome| {
        matches!(outcome, Outcome::Refused(_))
    });
    let skipped = named("not measured (left out by the filter)", |outcome| {
        *outcome == Outcome::Skipped
    });
    let begun = named("not measured (the run was cut short)", |outcome| {
        *outcome == Outcome::Begun
    });
    let named = failed
        .into_iter()
        .chain(refused)
        .chain(skipped)
        .chain(begun);
    named.collect::<Vec<_>>().join(" · ")
}

/// `text` for a terminal, a chart or a page: what a record or a stranger's name holds besides what can be read is shown and not
/// obeyed. Control characters have pictures; what turns the text around it, and what XML can't hold, is replaced. Ends of lines stay.
pub fn readable(text: &str) -> String {
    let is_direction = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let shown = text.chars().map(|c| match c {
        '\n' => c,
        '\0'..='\u{1f}' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() || is_direction(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    shown.collect()
}

/// The same in one line, whatever ends of lines a name holds.
pub fn line(text: &str) -> String {
    readable(text).replace('\n', "␊")
}
