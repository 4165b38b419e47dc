//! From a record's samples to figures, and what may be concluded from them. Whenever a record is read, all of this is computed
//! anew, so that a better statistic reaches the records there are.

pub mod break_even;
pub mod ceiling;
pub mod compare;
pub mod contradiction;
pub mod doubt;
pub mod figures;
pub mod law;
pub mod regime;
pub mod verdict;

use std::time::Duration;

use crate::record::{Declared, Key, Machine, Outcome, Record, Role, Sample, Size, Taken};
use doubt::{Doubt, doubts};
use figures::{Estimate, Figures};

/// A record with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What the bench says of itself.
    pub declared: Declared,
    /// The machine it ran on, as the first run found it.
    pub machine: Machine,
    /// The same as each later run found it.
    pub later: Vec<Machine>,
    /// Its arms, in the order in which they were declared.
    pub rows: Vec<Row>,
}

/// An arm at one point with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which arm, at which point.
    pub key: Key,
    /// What it is to the others.
    pub role: Role,
    /// The name of the arm that its speedup is against.
    pub baseline: String,
    /// The bytes that one call moves, where that means anything.
    pub bytes: Option<u64>,
    /// Whether its threads outnumbered what the process may run at once.
    pub oversubscribed: bool,
    /// What became of it.
    pub outcome: Outcome,
    /// What its samples say, where it has any.
    pub figures: Option<Figures>,
}

impl Analysis {
    /// Computes the figures of `record`.
    pub fn new(record: Record) -> Self {
        let cores = record.machine.available_cores;
        let arms = record.arms.into_iter();
        let mut rows: Vec<_> = arms.map(|taken| Row::new(taken, cores)).collect();
        // The rows of a size belong together, wherever a run wrote them.
        let mut sizes: Vec<Size> = Vec::new();
        for row in &rows {
            if !sizes.contains(&row.key.size) {
                sizes.push(row.key.size);
            }
        }
        rows.sort_by_key(|row| sizes.iter().position(|size| *size == row.key.size));
        refuse_what_is_against_a_failed_baseline(&mut rows);
        Self {
            rows,
            declared: record.declared,
            machine: record.machine,
            later: record.later,
        }
    }

    /// The name of what most arms are held against, where the record has any.
    pub fn baseline(&self) -> &str {
        self.rows.first().map_or("baseline", |row| &row.baseline)
    }

    /// Each thing that makes its figures doubtful, in any of its runs.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut found = doubts(&self.machine, &self.rows);
        for machine in &self.later {
            let more = doubts(machine, &[]).into_iter();
            let more: Vec<_> = more.filter(|doubt| !found.contains(doubt)).collect();
            found.extend(more);
        }
        let mut machines = self.later.iter().chain([&self.machine]);
        // Written at the end of a run, and null until then.
        if machines.any(|machine| machine.load_average_after.is_none()) {
            found.push(Doubt::CutShort);
        }
        found
    }

    /// One line for people: the machine, what was measured, when, and over how long where it was several times.
    pub fn summary(&self) -> String {
        let summary = self.machine.summary(self.declared.level.as_deref());
        let started = |machine: &Machine| humantime::parse_rfc3339(&machine.date).ok();
        let Some(last) = self.later.last() else {
            return summary;
        };
        let runs = format!("{summary} · {} runs", self.later.len() + 1);
        let (first, last) = (started(&self.machine), started(last));
        let between = first.zip(last).and_then(|(a, b)| b.duration_since(a).ok());
        match between {
            Some(time) => {
                let minutes = Duration::from_secs(time.as_secs() / 60 * 60);
                format!("{runs} in {}", humantime::format_duration(minutes))
            }
            None => runs,
        }
    }

    /// The rows of each size, sizes in the order in which they first appear.
    pub fn by_size(&self) -> Vec<Vec<&Row>> {
        let mut sizes: Vec<Vec<&Row>> = Vec::new();
        for row in &self.rows {
            match sizes
                .iter_mut()
                .find(|rows| rows[0].key.size == row.key.size)
            {
                Some(rows) => rows.push(row),
                None => sizes.push(vec![row]),
            }
        }
        sizes
    }
}

/// What was held against a baseline that does something else says nothing.
fn refuse_what_is_against_a_failed_baseline(rows: &mut [Row]) {
    let baselines = rows.iter().filter(|row| row.is_baseline());
    let failed = baselines.filter(|row| matches!(row.outcome, Outcome::Failed(_)));
    let failed: Vec<_> = failed.map(|row| row.key.clone()).collect();
    for row in rows.iter_mut().filter(|row| row.figures.is_some()) {
        let own = |key: &&Key| key.size == row.key.size && key.arm == row.baseline;
        if let Some(baseline) = failed.iter().find(own) {
            row.outcome = Outcome::Failed(format!("its baseline, {baseline}, did"));
            row.figures = None;
        }
    }
}

impl Row {
    /// Computes the figures of an arm on a machine of so many available `cores`.
    pub fn new(taken: Taken, cores: usize) -> Self {
        let figures = match &taken.outcome {
            Outcome::Measured { samples, accuracy } => Figures::new(samples, *accuracy),
            _ => None,
        };
        Self {
            oversubscribed: taken.key.threads > cores,
            key: taken.key,
            role: taken.role,
            baseline: taken.baseline,
            bytes: taken.bytes,
            outcome: taken.outcome,
            figures,
        }
    }

    /// The figures, where there are any.
    pub fn figures(&self) -> Option<&Figures> {
        self.figures.as_ref()
    }

    /// The samples; none where it was not measured.
    pub fn samples(&self) -> &[Sample] {
        match &self.outcome {
            Outcome::Measured { samples, .. } => samples,
            _ => &[],
        }
    }

    /// Whether it is the baseline itself, timed against itself (A/A): its distance from 1 is noise.
    pub fn is_baseline(&self) -> bool {
        self.role == Role::Baseline
    }

    /// Decimal gigabytes a second, where bytes mean anything and a call takes `ns` nanoseconds.
    pub fn gb_per_s(&self, ns: f64) -> Option<f64> {
        Some(self.bytes? as f64 / ns)
    }
}

/// How far the baselines among `rows` of `size` were from themselves, the far end of the interval counted: a difference
/// within it says nothing.
pub fn noise_floor<'a>(rows: impl IntoIterator<Item = &'a Row>, size: Size) -> Option<f64> {
    let baselines = rows
        .into_iter()
        .filter(|row| row.key.size == size && row.is_baseline());
    let distances = baselines.filter_map(|row| {
        let Estimate { low, high, .. } = row.figures()?.speedup;
        Some((1.0 - low).max(high - 1.0))
    });
    distances.max_by(f64::total_cmp)
}
