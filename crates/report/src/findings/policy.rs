//! What the size of a chunk and pinned threads change, each held against what the runtime does by itself.

use abreast::analyse::figures::Estimate;
use abreast::analyse::verdict::{between, verdict};
use abreast::analyse::{Row, noise_floor};
use abreast::record::Role;
use serde::Serialize;

use super::{Verdict, by_size};
use crate::language::Language;
use crate::records::Record;

/// What the policy bench found.
#[derive(Debug, Serialize)]
pub(super) struct Policy {
    chunks: Vec<Chunks>,
    pinned: Vec<Pinned>,
}

/// A runtime that can be told how large its chunks are, at one size.
#[derive(Debug, Serialize)]
struct Chunks {
    shape: String,
    runtime: String,
    threads: usize,
    /// Its speedup where nothing was chosen.
    own: String,
    /// The chunk size with the highest speedup, that speedup, and its ratio to `own`.
    best: (String, String, Against),
    /// The same for the smallest chunk.
    smallest: (String, String, Against),
    /// The same for one chunk a thread.
    largest: (String, String, Against),
}

/// A runtime with its threads pinned, against the same with threads that the system places.
#[derive(Debug, Serialize)]
struct Pinned {
    shape: String,
    runtime: String,
    #[serde(flatten)]
    against: Against,
}

/// A ratio of two speedups.
#[derive(Debug, Serialize)]
struct Against {
    ratio: String,
    verdict: Verdict,
}

pub(super) fn policy(record: &Record, language: Language) -> Policy {
    let (mut chunks, mut pinned) = (Vec::new(), Vec::new());
    for rows in by_size(&record.rows) {
        let shape = rows[0].key.size;
        let floor = noise_floor(&rows, shape).unwrap_or(0.0);
        // Both of them measured.
        let against = |own: &Row, other: &Row| {
            let ratio = between(other, own);
            Against {
                ratio: ratio.map_or_else(String::new, |ratio| language.interval(ratio)),
                verdict: ratio.map_or(Verdict::Same, |ratio| verdict(ratio, floor).into()),
            }
        };
        let speedup = |row: &Row| row.figures().map(|figures| figures.speedup);
        let shares = |row: &Row| row.role == Role::Contender;
        for row in rows
            .iter()
            .filter(|row| row.key.setting.is_none() && shares(row))
        {
            let Some(own) = speedup(row) else { continue };
            let own_row = row;
            let (runtime, threads) = (&row.key.arm, row.key.threads);
            let like = |other: &&Row| &other.key.arm == runtime && other.key.threads == threads;
            let mut grains: Vec<_> = rows
                .iter()
                .filter(like)
                .filter_map(|row| Some((row.key.setting?, speedup(row)?, row)))
                .collect();
            grains.sort_by(|a, b| a.0.total_cmp(&b.0));
            let shown = |&(grain, speedup, row): &(f64, Estimate, &Row)| {
                (
                    language.whole(grain as usize),
                    language.interval(speedup),
                    against(own_row, row),
                )
            };
            let best = grains
                .iter()
                .max_by(|a, b| a.1.median.total_cmp(&b.1.median));
            if let (Some(best), [smallest, ..], [.., largest]) = (best, &grains[..], &grains[..]) {
                chunks.push(Chunks {
                    shape: language.shape(shape),
                    runtime: runtime.clone(),
                    threads,
                    own: language.interval(own),
                    best: shown(best),
                    smallest: shown(smallest),
                    largest: shown(largest),
                });
            }
            let name = format!("{runtime}-pinned");
            let fixed = rows.iter().find(|row| row.key.arm == name);
            let fixed = fixed.filter(|row| row.figures().is_some());
            pinned.extend(fixed.map(|fixed| Pinned {
                shape: language.shape(shape),
                runtime: runtime.clone(),
                against: against(own_row, fixed),
            }));
        }
    }
    Policy { chunks, pinned }
}
