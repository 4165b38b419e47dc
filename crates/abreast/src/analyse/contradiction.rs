//! What one record says and another of the same machine denies.

use super::figures::Estimate;
use super::law::{asked, curves, forecast};
use super::{Analysis, Row, noise_floor};
use crate::record::{Key, Role};

/// Two things that can't both be so.
#[derive(Clone, Debug, PartialEq)]
pub enum Contradiction {
    /// One arm at one point, measured twice.
    Measured {
        /// Which.
        key: Key,
        /// Its speedup, and the record it is in.
        one: (Estimate, String),
        /// The same of the other record.
        other: (Estimate, String),
    },
    /// A forecast, and more than it on as many threads or fewer.
    Forecast {
        /// For so many cores.
        cores: usize,
        /// What is forecast, and the record whose curve that follows from.
        foretold: (Estimate, String),
        /// Which arm was measured.
        key: Key,
        /// What was measured, and the record it is in.
        measured: (Estimate, String),
    },
}

/// Where `records` contradict each other, of those that are of one commit on one machine and one instruction set.
///
/// An arm that was measured twice, at one point and against the same baseline, contradicts itself where the two intervals have
/// nothing in common and their ends are further apart than both noise floors together: of arms that did not change, fewer than one in
/// a hundred. A forecast is contradicted by an interval above its own, on as many threads or fewer.
pub fn contradictions(records: &[Analysis]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for (i, one) in records.iter().enumerate() {
        let others = records.iter().enumerate();
        for (j, other) in others.filter(|(j, other)| i != *j && is_same_machine(one, other)) {
            if i < j {
                found.extend(measured(one, other));
            }
            found.extend(foretold(one, other));
        }
    }
    found
}

fn is_same_machine(a: &Analysis, b: &Analysis) -> bool {
    let of = |of: &Analysis| {
        let machine = of.machine.clone();
        (
            machine.cpu,
            machine.commit,
            machine.architecture,
            machine.available_cores,
            machine.caches,
            of.declared.level.clone(),
        )
    };
    of(a) == of(b)
}

/// A record's name among those of its machine.
fn name(of: &Analysis) -> String {
    format!("{} of {}", of.declared.bench, of.machine.date)
}

/// Arms that are in both and differ.
fn measured(one: &Analysis, other: &Analysis) -> Vec<Contradiction> {
    // The baseline against itself is 1 everywhere.
    let rows = one.rows.iter().filter(|row| !row.is_baseline());
    let both = rows.filter_map(|row| {
        let same = |other: &&Row| {
            (&other.key, &other.role, &other.baseline) == (&row.key, &row.role, &row.baseline)
        };
        Some((row, other.rows.iter().find(same)?))
    });
    let differing = both.filter_map(|(a, b)| {
        let (of_a, of_b) = (a.figures()?.speedup, b.figures()?.speedup);
        let apart = (of_b.low / of_a.high).max(of_a.low / of_b.high);
        let floor = |of: &Analysis| 1.0 + noise_floor(&of.rows, a.key.size).unwrap_or(0.0);
        (apart > floor(one) * floor(other)).then(|| Contradiction::Measured {
            key: a.key.clone(),
            one: (of_a, name(one)),
            other: (of_b, name(other)),
        })
    });
    differing.collect()
}

/// Forecasts of `one` that `other` has surpassed: of each curve by its fastest point there, held against the most that is forecast for
/// as many cores or more. A law that falls is not denied by what was reached before it does.
fn foretold(one: &Analysis, other: &Analysis) -> Vec<Contradiction> {
    let curves = curves(&one.rows);
    let Some(&most) = asked(&curves).last() else {
        return Vec::new();
    };
    let surpassed = curves.iter().filter_map(|curve| {
        let is_like = |row: &&Row| {
            (&row.key.size, &row.key.arm, &row.role) == (&curve.size, &curve.arm, &Role::Contender)
                && row.key.setting.is_none()
        };
        let baseline = &one.rows.iter().find(is_like)?.baseline;
        let like = other.rows.iter().filter(is_like);
        let like = like.filter(|row| row.baseline == *baseline);
        let speedups = like.filter_map(|row| Some((row, row.figures()?.speedup)));
        let (row, best) = speedups.max_by(|a, b| a.1.low.total_cmp(&b.1.low))?;
        let counts = row.key.threads..=most;
        let all = counts.filter_map(|cores| Some((cores, forecast(one, curve, cores)?.0)));
        let (cores, foretold) = all.max_by(|a, b| a.1.high.total_cmp(&b.1.high))?;
        (best.low > foretold.high && cores > curve.most).then(|| Contradiction::Forecast {
            cores,
            foretold: (foretold, name(one)),
            key: row.key.clone(),
            measured: (best, name(other)),
        })
    });
    surpassed.collect()
}
