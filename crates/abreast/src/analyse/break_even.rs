//! From which size on a runtime pays.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::figures::{Estimate, TAIL, spread};
use super::{Row, noise_floor};
use crate::record::{Role, Size};

/// Draws of the speedups behind the interval of a break-even size.
const DRAWS: usize = 1000;

/// The smallest size from which a runtime beats serial, in elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PaysFrom {
    /// Already at the smallest size that was measured.
    Always(usize),
    /// From this size on.
    Size(Estimate),
    /// Not even at the largest size that was measured.
    Never(usize),
}

/// Where one runtime breaks even on one thread count.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakEven {
    /// Its name.
    pub arm: String,
    /// On so many threads.
    pub threads: usize,
    /// Whether they outnumber the cores.
    pub oversubscribed: bool,
    /// From which size.
    pub from: PaysFrom,
}

/// Where each runtime of `rows` breaks even at each thread count above 1, in their order.
///
/// It beats serial where its speedup is above 1 by more than the noise floor at that size, and from a size on where it does so
/// at every larger one too; between two sizes that were measured the speedup is taken for a straight line, both axes
/// logarithmic.
pub fn break_evens(rows: &[Row]) -> Vec<BreakEven> {
    let mut found: Vec<BreakEven> = Vec::new();
    for row in rows {
        let (arm, threads) = (&row.key.arm, row.key.threads);
        let seen = found.iter().any(|b| (&b.arm, b.threads) == (arm, threads));
        if seen || row.role != Role::Contender || threads == 1 {
            continue;
        }
        let curve = rows
            .iter()
            .filter(|row| (&row.key.arm, row.key.threads) == (arm, threads));
        // Relative to what must be beaten: the break-even is where this is 1.
        let mut curve: Vec<_> = curve
            .filter_map(|row| {
                let must = 1.0 + noise_floor(rows, row.key.size).unwrap_or(0.0);
                let speedup = row.figures()?.speedup.map(|s| s / must);
                Some((row.key.size.elements(), speedup))
            })
            .collect();
        curve.sort_by_key(|&(elements, _)| elements);
        if let Some(from) = pays_from(&curve) {
            found.push(BreakEven {
                arm: arm.clone(),
                threads,
                oversubscribed: row.oversubscribed,
                from,
            });
        }
    }
    found
}

/// The best way to share the work among `found`: of those whose threads have a core each, the one that pays earliest.
pub fn earliest(found: &[BreakEven]) -> Option<&BreakEven> {
    let size = |b: &BreakEven| match b.from {
        PaysFrom::Always(_) => Some(0.0),
        PaysFrom::Size(size) => Some(size.median),
        PaysFrom::Never(_) => None,
    };
    let fitting = found
        .iter()
        .filter(|b| !b.oversubscribed)
        .filter_map(|b| Some((size(b)?, b)));
    fitting
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, best)| best)
}

/// The most threads with a core each, where they are more than the `best` runtime pays on earliest, and the smallest size, in
/// elements, from which on that runtime is fastest on as many.
pub fn on_all_cores(rows: &[Row], best: &BreakEven) -> Option<(usize, usize)> {
    let of_runtime = rows
        .iter()
        .filter(|row| row.key.arm == best.arm && !row.oversubscribed);
    let speedup = |row: &&Row| row.figures().map_or(0.0, |figures| figures.speedup.median);
    let most = of_runtime.clone().map(|row| row.key.threads).max()?;
    let mut sizes: Vec<_> = of_runtime.clone().map(|row| row.key.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let fastest_on_most = |size: &&Size| {
        let arms = of_runtime.clone().filter(|row| row.key.size == **size);
        let fastest = arms.max_by(|a, b| speedup(a).total_cmp(&speedup(b)));
        fastest.is_some_and(|row| row.key.threads == most)
    };
    let from = sizes.iter().rev().take_while(fastest_on_most).last()?;
    (most > best.threads).then_some((most, from.elements()))
}

/// `None` for an empty curve.
fn pays_from(curve: &[(usize, Estimate)]) -> Option<PaysFrom> {
    let (&(first, _), &(last, _)) = (curve.first()?, curve.last()?);
    let medians: Vec<_> = curve.iter().map(|(_, speedup)| speedup.median).collect();
    let crossing = crossing(curve, &medians);
    if crossing <= first as f64 {
        return Some(PaysFrom::Always(first));
    }
    if crossing.is_infinite() {
        return Some(PaysFrom::Never(last));
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(curve.len() as u64);
    let draws = (0..DRAWS).map(|_| {
        let drawn: Vec<_> = curve.iter().map(|(_, s)| s.draw(&mut random)).collect();
        // What lies beyond the sizes measured is known no better than that.
        self::crossing(curve, &drawn).min(last as f64)
    });
    let around = spread(draws.collect(), TAIL);
    Some(PaysFrom::Size(Estimate {
        median: crossing,
        low: around.low.min(crossing),
        high: around.high.max(crossing),
    }))
}

/// The smallest size from which on `speedups` stay above 1: the first of `curve` where they always do, infinity where the last
/// does not.
fn crossing(curve: &[(usize, Estimate)], speedups: &[f64]) -> f64 {
    let Some(loses) = speedups.iter().rposition(|&s| s <= 1.0) else {
        return curve[0].0 as f64;
    };
    let Some(&wins) = speedups.get(loses + 1) else {
        return f64::INFINITY;
    };
    let (a, b) = (curve[loses].0 as f64, curve[loses + 1].0 as f64);
    let part = -speedups[loses].ln() / (wins.ln() - speedups[loses].ln());
    (a.ln() + part * (b.ln() - a.ln())).exp()
}
