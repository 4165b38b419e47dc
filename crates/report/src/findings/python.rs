//! The study's four experiments, from the record made in Python.

use abreast::analyse::Row;
use abreast::analyse::verdict::front;
use harness::peers::{self, PAIRS};
use harness::study::{EXPERIMENTS, Experiment};
use serde::Serialize;

use super::{Verdict, by_size};
use crate::language::Language;
use crate::records::Record;

/// What was found from Python.
#[derive(Debug, Serialize)]
pub(super) struct Study {
    /// The thread counts measured.
    threads: Vec<usize>,
    experiments: Vec<Found>,
    duels: Vec<Duel>,
    /// Of all comparisons with PyTorch.
    against_pytorch: Tally,
}

/// One experiment.
#[derive(Debug, Serialize)]
struct Found {
    number: usize,
    /// What was measured of what it compares.
    labels: Vec<String>,
    /// For each dimension, each label's time.
    sizes: Vec<Dimension>,
    /// Runs of dimensions with the same fastest.
    fastest: Vec<Reign>,
}

/// One dimension of an experiment.
#[derive(Debug, Serialize)]
struct Dimension {
    d: usize,
    /// In the order of the labels.
    times: Vec<Option<String>>,
    fastest: Vec<bool>,
}

/// From one dimension to another, the same is fastest.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Reign {
    from: usize,
    to: usize,
    /// The fastest; more than one where they are not told apart.
    names: Vec<String>,
}

/// One of ours against one of theirs, at every dimension.
#[derive(Debug, Serialize)]
struct Duel {
    ours: &'static str,
    theirs: &'static str,
    pytorch: bool,
    tally: Tally,
    rounds: Vec<Round>,
    /// The lowest and the highest ratio.
    extremes: Option<(Round, Round)>,
}

/// How often ours was faster, not told apart, slower.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Tally {
    faster: usize,
    same: usize,
    slower: usize,
}

/// How many times as fast ours is at one dimension.
#[derive(Clone, Debug, Serialize)]
struct Round {
    d: usize,
    ratio: String,
    verdict: Verdict,
    #[serde(skip)]
    median: f64,
}

pub(super) fn study(record: &Record, language: Language) -> Study {
    // A label has one arm a dimension: the one on the most threads that have a core each.
    let mut sizes = by_size(&record.rows);
    for rows in &mut sizes {
        rows.retain(|row| !row.oversubscribed && row.figures().is_some());
        let most = |row: &Row, rows: &[Row]| {
            let like = rows.iter().filter(|other| other.key.arm == row.key.arm);
            like.map(|other| other.key.threads).max() == Some(row.key.threads)
        };
        let all = rows.clone();
        rows.retain(|row| most(row, &all));
    }
    let rows = sizes.concat();
    let duels: Vec<_> = PAIRS
        .iter()
        .map(|&(ours, theirs)| duel(ours, theirs, &rows, language))
        .filter(|duel| !duel.rounds.is_empty())
        .collect();
    let mut against_pytorch = Tally::default();
    for duel in duels.iter().filter(|duel| duel.pytorch) {
        against_pytorch.faster += duel.tally.faster;
        against_pytorch.same += duel.tally.same;
        against_pytorch.slower += duel.tally.slower;
    }
    let mut threads: Vec<_> = sizes.iter().flatten().map(|row| row.key.threads).collect();
    threads.sort_unstable();
    threads.dedup();
    Study {
        threads,
        experiments: EXPERIMENTS
            .iter()
            .zip(1..)
            .map(|(experiment, number)| found(number, experiment, &sizes, language))
            .collect(),
        duels,
        against_pytorch,
    }
}

fn found(number: usize, experiment: &Experiment, sizes: &[Vec<Row>], language: Language) -> Found {
    let sizes: Vec<_> = sizes
        .iter()
        .map(|rows| {
            let about = rows.iter().filter(|row| experiment.is_about(row));
            about.cloned().collect::<Vec<Row>>()
        })
        .filter(|rows| !rows.is_empty())
        .collect();
    let measured = |label: &&&str| sizes.iter().flatten().any(|row| row.key.arm == ***label);
    let labels: Vec<&str> = experiment.labels.iter().filter(measured).copied().collect();
    let mut fastest: Vec<Reign> = Vec::new();
    let mut dimensions = Vec::new();
    for rows in &sizes {
        let d = rows[0].key.size.rows;
        let front: Vec<_> = front(rows).iter().map(|row| &*row.key.arm).collect();
        let names = labels.iter().filter(|label| front.contains(label));
        let names: Vec<_> = names.map(|&label| label.to_owned()).collect();
        match fastest.last_mut() {
            Some(last) if last.names == names => last.to = d,
            _ if names.is_empty() => {}
            _ => fastest.push(Reign {
                from: d,
                to: d,
                names,
            }),
        }
        let time = |label: &&str| {
            let row = rows.iter().find(|row| row.key.arm == *label)?;
            Some(language.time(row.figures()?.ns.median))
        };
        dimensions.push(Dimension {
            d,
            times: labels.iter().map(time).collect(),
            fastest: labels.iter().map(|label| front.contains(label)).collect(),
        });
    }
    Found {
        number,
        labels: labels.into_iter().map(str::to_owned).collect(),
        sizes: dimensions,
        fastest,
    }
}

fn duel(ours: &'static str, theirs: &'static str, rows: &[Row], language: Language) -> Duel {
    let rounds: Vec<_> = peers::rounds(rows, ours, theirs)
        .into_iter()
        .map(|round| Round {
            d: round.size.rows,
            ratio: language.interval(round.ratio),
            verdict: round.verdict.into(),
            median: round.ratio.median,
        })
        .collect();
    let mut tally = Tally::default();
    for round in &rounds {
        match round.verdict {
            Verdict::Faster => tally.faster += 1,
            Verdict::Same => tally.same += 1,
            Verdict::Slower => tally.slower += 1,
        }
    }
    let by_median = |a: &&Round, b: &&Round| a.median.total_cmp(&b.median);
    let (lowest, highest) = (
        rounds.iter().min_by(by_median),
        rounds.iter().max_by(by_median),
    );
    Duel {
        ours,
        theirs,
        pytorch: peers::is_pytorch(theirs),
        tally,
        extremes: lowest.cloned().zip(highest.cloned()),
        rounds,
    }
}
