//! From which size on a runtime pays, and which one to use at which size.

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::figures::{Estimate, TAIL, spread};
use super::verdict::{Verdict, front, verdict};
use super::{Analysis, Row, noise_floor};
use crate::record::Role;

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
    /// The smallest and the largest size it was measured at, in elements: an end of the interval that is one of them may lie beyond.
    pub measured: (usize, usize),
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
        let ends = curve.first().zip(curve.last());
        if let Some((&(first, _), &(last, _))) = ends {
            found.push(BreakEven {
                arm: arm.clone(),
                threads,
                oversubscribed: row.oversubscribed,
                from: pays_from(&curve, first, last),
                measured: (first, last),
            });
        }
    }
    found
}

/// What to use over a range of sizes.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<'a> {
    /// The smallest size that was measured in it, in elements.
    pub from: usize,
    /// The largest.
    pub to: usize,
    /// The arms that no other was faster than at any of its sizes, each by its row at the first; the one that gains most stands first.
    /// None where nothing beat the baseline.
    pub best: Vec<&'a Row>,
}

/// What to use at which size, in ranges as few as possible, from the smallest size on: of the contenders whose threads have a core
/// each those that beat the baseline and are not told apart from the fastest. Empty where nothing was measured.
pub fn choices(of: &Analysis) -> Vec<Choice<'_>> {
    let mut sizes = of.by_size();
    sizes.sort_by_key(|rows| rows[0].key.size);
    let mut choices: Vec<(Choice<'_>, Vec<f64>)> = Vec::new();
    for rows in sizes {
        let size = rows[0].key.size;
        let rows: Vec<_> = rows.into_iter().filter(|row| !row.oversubscribed).collect();
        let measured = |row: &&&Row| row.role == Role::Contender && row.figures().is_some();
        let contenders: Vec<_> = rows.iter().filter(measured).copied().collect();
        if contenders.is_empty() {
            continue;
        }
        let floor = noise_floor(rows.iter().copied(), size).unwrap_or(0.0);
        let beats = |row: &&Row| {
            let speedup = row.figures().map(|figures| figures.speedup);
            speedup.is_some_and(|speedup| verdict(speedup, floor) == Verdict::Faster)
        };
        let fastest = match &contenders[..] {
            [alone] => vec![*alone],
            _ => front(rows.iter().copied()),
        };
        // The fastest decides: where it does not beat the baseline nothing does.
        let best: Vec<_> = match fastest.first().is_some_and(beats) {
            true => fastest.into_iter().filter(beats).collect(),
            false => Vec::new(),
        };
        let is_same =
            |a: &Row, b: &Row| (a.key.name(), a.key.threads) == (b.key.name(), b.key.threads);
        let gain = |row: &Row| {
            row.figures()
                .map_or(0.0, |figures| figures.speedup.median.ln())
        };
        if let Some((last, gains)) = choices.last_mut() {
            // Those of the range so far that are still among the best, with what they gain here too.
            let kept = last.best.iter().zip(&*gains).filter_map(|(&row, gained)| {
                let here = best.iter().find(|here| is_same(row, here))?;
                Some((row, gained + gain(here)))
            });
            let (kept, sums): (Vec<_>, Vec<_>) = kept.unzip();
            if !kept.is_empty() || last.best.is_empty() && best.is_empty() {
                last.to = size.elements();
                (last.best, *gains) = (kept, sums);
                continue;
            }
        }
        let gains = best.iter().map(|row| gain(row)).collect();
        let (from, to) = (size.elements(), size.elements());
        choices.push((Choice { from, to, best }, gains));
    }
    let sorted = choices.into_iter().map(|(choice, gains)| {
        let mut best: Vec<_> = choice.best.into_iter().zip(gains).collect();
        best.sort_by(|a, b| b.1.total_cmp(&a.1));
        let best = best.into_iter().map(|(row, _)| row).collect();
        Choice { best, ..choice }
    });
    sorted.collect()
}

/// Below which size the baseline is to be used, where it is over the range `below`, and something else over the `next`: the break-even
/// of that, as [`break_evens`] has it, where it may lie between the two.
pub fn below(found: &[BreakEven], below: &Choice<'_>, next: &Choice<'_>) -> Option<Estimate> {
    let best = next.best.first()?;
    let of = found
        .iter()
        .find(|b| (&b.arm, b.threads) == (&best.key.arm, best.key.threads))?;
    match of.from {
        PaysFrom::Size(size) => {
            let is_between = size.median <= next.from as f64 && size.high >= below.to as f64;
            is_between.then_some(size)
        }
        PaysFrom::Always(_) | PaysFrom::Never(_) => None,
    }
}

/// From which size on a curve pays whose sizes go from `first` to `last`.
fn pays_from(curve: &[(usize, Estimate)], first: usize, last: usize) -> PaysFrom {
    let medians: Vec<_> = curve.iter().map(|(_, speedup)| speedup.median).collect();
    let crossing = crossing(curve, &medians);
    if crossing <= first as f64 {
        return PaysFrom::Always(first);
    }
    if crossing.is_infinite() {
        return PaysFrom::Never(last);
    }
    let mut random = Xoshiro256PlusPlus::seed_from_u64(curve.len() as u64);
    let draws = (0..DRAWS).map(|_| {
        let drawn: Vec<_> = curve.iter().map(|(_, s)| s.draw(&mut random)).collect();
        // What lies beyond the sizes measured is known no better than that.
        self::crossing(curve, &drawn).min(last as f64)
    });
    let around = spread(draws.collect(), TAIL);
    PaysFrom::Size(Estimate {
        median: crossing,
        low: around.low.min(crossing),
        high: around.high.max(crossing),
    })
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
