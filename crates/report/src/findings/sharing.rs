//! Speedup against thread count: who wins at each size, what bounds it, and what the laws make of the curves.

use abreast::analyse::Row;
use abreast::analyse::law::{self, Law};
use abreast::record::Role;
use serde::Serialize;

use super::{Arm, Standing, Verdict, by_size, standing};
use crate::language::Language;
use crate::records::Record;

/// What the main bench found.
#[derive(Debug, Serialize)]
pub(super) struct Sharing {
    sizes: Vec<Size>,
    curves: Vec<Curve>,
    /// The number of cores that the forecasts are for.
    forecasts: Vec<usize>,
    /// The most thread counts a law was fitted to.
    points: usize,
    /// Whether any curve had enough points for the Universal Scalability Law.
    usl: bool,
}

/// One size.
#[derive(Debug, Serialize)]
struct Size {
    #[serde(flatten)]
    standing: Standing,
    /// A single token of Llama 3 8B.
    token: bool,
    serial: Option<Arm>,
    naive: Option<Arm>,
    /// Arms with a core for each of several threads, which lose to one thread all the same.
    losers: Vec<Arm>,
    /// The fastest copy, on whichever number of threads.
    copy: Option<Arm>,
}

/// A curve and its law.
#[derive(Debug, Serialize)]
struct Curve {
    shape: String,
    runtime: String,
    /// Whether the law holds: where it does not, its figures say nothing.
    holds: bool,
    rate: String,
    contention: String,
    coherence: Option<String>,
    residual: Option<String>,
    /// The speedup on each number of cores, and whether a ceiling cuts it.
    forecasts: Vec<(String, bool)>,
}

pub(super) fn sharing(record: &Record, language: Language) -> Sharing {
    let sizes = by_size(&record.rows);
    let sizes = sizes
        .iter()
        .filter_map(|rows| size(rows, record, language))
        .collect();
    let fitted = law::curves(&record.rows);
    let asked = law::asked(&fitted);
    let curve = |curve: &law::Curve| {
        let fit = &curve.fit;
        Curve {
            shape: language.shape(curve.size),
            runtime: curve.arm.clone(),
            holds: fit.holds(),
            rate: language.interval(fit.estimate(|p| p.rate)),
            contention: language.interval(fit.estimate(|p| p.contention)),
            coherence: (fit.law == Law::Usl)
                .then(|| language.interval(fit.estimate(|p| p.coherence))),
            residual: (fit.points > Law::Amdahl.least_points())
                .then(|| language.percent(fit.residual)),
            forecasts: asked
                .iter()
                .map(|&cores| match law::forecast(record, curve, cores) {
                    Some((speedup, bounded)) => (language.interval(speedup), bounded),
                    None => ("–".to_owned(), false),
                })
                .collect(),
        }
    };
    Sharing {
        sizes,
        curves: fitted.iter().map(curve).collect(),
        forecasts: asked.clone(),
        points: fitted
            .iter()
            .map(|curve| curve.fit.points)
            .max()
            .unwrap_or(0),
        usl: fitted.iter().any(|curve| curve.fit.law == Law::Usl),
    }
}

/// `None` where only the baseline was measured: the size is there for the ceiling alone.
fn size(rows: &[Row], record: &Record, language: Language) -> Option<Size> {
    let standing = standing(rows, record, language)?;
    let arm = |row: &Row| Arm::new(row, record, language);
    let competes = |row: &&Row| row.role.competes() && row.key.threads > 1 && !row.oversubscribed;
    let slower = |arm: &Arm| {
        let figures = arm.figures.as_ref();
        figures.is_some_and(|figures| figures.verdict == Verdict::Slower)
    };
    let copies = rows.iter().filter(|row| row.role.is_ceiling());
    let speed = |row: &&Row| row.figures().map_or(0.0, |figures| figures.speedup.median);
    let fastest = copies.max_by(|a, b| speed(a).total_cmp(&speed(b)));
    Some(Size {
        token: (rows[0].key.size.rows, rows[0].key.size.cols) == (1, 14336),
        serial: rows.iter().find(|row| row.is_baseline()).map(arm),
        naive: rows.iter().find(|row| row.role == Role::Reference).map(arm),
        losers: rows
            .iter()
            .filter(competes)
            .map(arm)
            .filter(slower)
            .collect(),
        copy: fastest.map(arm),
        standing,
    })
}
