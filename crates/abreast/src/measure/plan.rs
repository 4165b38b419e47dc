//! What a run measures: every arm at every point that was chosen, each with its baseline.

use crate::Error;
use crate::declare::settings::Settings;
use crate::declare::{Bench, Data, Point, Threads};
use crate::record::machine::available_cores;
use crate::record::{Key, Of, Role, Size};
use crate::show::words::line;

/// Memory left to everything else on the machine, in bytes.
const RESERVE: u64 = 256 << 20;

/// What the ceiling of cores is called in records.
const CORES: &str = "private data";

/// An arm at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Which arm, of those of the bench; none for the ceiling of cores, which is the baseline on private data.
    pub(crate) arm: Option<usize>,
    /// Where it is measured.
    pub at: Point,
    /// What it is called there.
    pub key: Key,
    /// What it is to the others there.
    pub role: Role,
    /// The baseline: which arm, where.
    pub(crate) baseline: (usize, Point),
}

/// Every turn of a run of `bench`, size by size.
///
/// # Errors
///
/// Where a name is none, there are no sizes or empty ones, a size has no baseline or several, or two arms can't be told apart: a sentence that says which.
pub fn turns<D: Data>(bench: &Bench<D>, settings: &Settings) -> Result<Vec<Turn>, Error> {
    let name = &bench.declared.bench;
    let is_word = |name: &String| !name.is_empty() && !name.contains(char::is_control);
    if !is_word(name) || name.contains(['/', '\\']) {
        return Err(Error::new(format!(
            "the bench is called `{}`: its runs have a folder of that name, which is one line, not empty, without `/` and `\\`",
            line(name)
        )));
    }
    if let Some((_, arm)) = bench.arms.iter().find(|(_, arm)| !is_word(&arm.name)) {
        return Err(Error::new(format!(
            "an arm of the bench `{name}` is called `{}`: a name is one line, and not empty",
            line(&arm.name)
        )));
    }
    if settings.sizes.is_empty() {
        return Err(Error::new(format!(
            "the bench `{}` has no sizes: declare some with Bench::sizes, or choose some with {}_SIZES",
            bench.declared.bench, bench.prefix
        )));
    }
    let mut sizes: Vec<_> = settings.sizes.clone();
    sizes.extend(bench.in_cache);
    sizes.sort_unstable();
    sizes.dedup();
    if let Some(size) = sizes.iter().find(|size| size.elements() == 0) {
        return Err(Error::new(format!(
            "the bench `{name}` has the size {size}: a size has an element at least"
        )));
    }
    let mut turns = Vec::new();
    for size in sizes {
        turns.extend(of_size(bench, settings, size)?);
    }
    Ok(turns)
}

fn of_size<D: Data>(bench: &Bench<D>, settings: &Settings, size: Size) -> Result<Vec<Turn>, Error> {
    let chosen = settings.sizes.contains(&size);
    let mut points = Vec::new();
    for (index, (role, arm)) in bench.arms.iter().enumerate() {
        for threads in counts(&arm.threads, settings) {
            let at = Point {
                size,
                threads,
                setting: None,
            };
            let Some(role) = role(at) else { continue };
            // A size that is there for the ceiling alone needs no more than its baseline.
            if chosen || role == Role::Baseline {
                let mut own = vec![None];
                if chosen {
                    own.extend((arm.settings)(size, threads).into_iter().map(Some));
                }
                points.extend(own.into_iter().map(|setting| {
                    let role = match setting {
                        // With a setting it is another arm than what the rest is held against.
                        Some(_) if role == Role::Baseline => Role::Contender,
                        _ => role.clone(),
                    };
                    (index, Point { setting, ..at }, role)
                }));
            }
        }
    }
    if points.is_empty() {
        return Ok(Vec::new());
    }
    let baselines: Vec<_> = points
        .iter()
        .filter(|(_, _, role)| *role == Role::Baseline)
        .map(|&(index, at, _)| (index, at))
        .collect();
    let name = |index: usize| &bench.arms[index].1.name;
    let Some(&(first, _)) = baselines.first() else {
        return Err(Error::new(format!(
            "the bench `{}` has no baseline at {size}: add one with Bench::baseline, or with Bench::arm_at",
            bench.declared.bench
        )));
    };
    let other = baselines
        .iter()
        .find(|(index, _)| name(*index) != name(first));
    if let Some((other, _)) = other {
        return Err(Error::new(format!(
            "the bench `{}` has two baselines at {size}, `{}` and `{}`: give one of them another role",
            bench.declared.bench,
            name(first),
            name(*other)
        )));
    }
    let baseline_of = |threads: usize| {
        let same = baselines.iter().find(|(_, at)| at.threads == threads);
        *same.unwrap_or(&baselines[0])
    };
    let turn = |(index, at, role): (usize, Point, Role)| Turn {
        arm: Some(index),
        at,
        key: key(name(index), at),
        role,
        baseline: baseline_of(at.threads),
    };
    let mut turns: Vec<_> = points.into_iter().map(turn).collect();
    if bench.in_cache == Some(size) {
        let cores = settings.threads.iter().map(|&threads| {
            let at = Point {
                size,
                threads,
                setting: None,
            };
            Turn {
                arm: None,
                at,
                key: key(CORES, at),
                role: Role::Ceiling(Of::Cores),
                baseline: baseline_of(1),
            }
        });
        turns.extend(cores);
    }
    for (i, turn) in turns.iter().enumerate() {
        if turns[..i].iter().any(|other| other.key == turn.key) {
            return Err(Error::new(format!(
                "the bench `{}` has two arms called `{}`: records tell arms apart by their names",
                bench.declared.bench, turn.key
            )));
        }
    }
    Ok(turns)
}

/// The thread counts that an arm has in a run.
fn counts(threads: &Threads, settings: &Settings) -> Vec<usize> {
    let chosen = settings.threads.iter().copied();
    match threads {
        Threads::One => vec![1],
        Threads::Each => chosen.collect(),
        Threads::Several => chosen.filter(|&count| count > 1).collect(),
        Threads::Most => vec![settings.most_fitting()],
        Threads::These(counts) => {
            let mut counts = counts.clone();
            counts.sort_unstable();
            counts.dedup();
            counts
        }
    }
}

fn key(arm: &str, at: Point) -> Key {
    Key {
        arm: arm.to_owned(),
        threads: at.threads,
        size: at.size,
        setting: at.setting,
    }
}

/// Checks that `turns`, which are taken in turn and whose data is there at the same time, fit in the `available` bytes of memory.
///
/// # Errors
///
/// Where they do not: a sentence with both figures.
pub(crate) fn check_memory<D: Data>(
    bench: &Bench<D>,
    turns: &[Turn],
    available: u64,
) -> Result<(), Error> {
    let mut sizes: Vec<_> = turns.iter().map(|turn| turn.at.size).collect();
    sizes.dedup();
    let shared = sizes.iter().map(|&size| D::memory(size));
    let shared = shared.fold(0, u64::saturating_add);
    // On private data each thread has its own; one such arm has its turn at a time.
    let private = turns.iter().filter(|turn| turn.arm.is_none());
    let private =
        private.map(|turn| D::memory(turn.at.size).saturating_mul(turn.at.threads as u64));
    let private = private.max().unwrap_or(0);
    let needed = shared.saturating_add(private);
    let all = needed.saturating_add(RESERVE);
    if needed == 0 || all <= available {
        return Ok(());
    }
    let largest = sizes.iter().max_by_key(|&&size| D::memory(size));
    let largest = largest.map(ToString::to_string).unwrap_or_default();
    let who = match sizes.len() {
        1 => format!("{largest} needs"),
        sizes => format!("{sizes} sizes up to {largest}, which take turns, need"),
    };
    let threads = match private > shared {
        true => format!(" or fewer threads with {}_THREADS", bench.prefix),
        false => String::new(),
    };
    let gb = |bytes: u64| bytes as f64 / 1e9;
    Err(Error::new(format!(
        "{who} {:.2} GB of memory, a reserve included, and {:.2} GB are available: \
         choose smaller sizes with {}_SIZES{threads}, or free memory",
        gb(all),
        gb(available),
        bench.prefix
    )))
}

/// Whether an arm on so many threads is beyond what the process may run at once.
pub(crate) fn is_complete(took_part: usize, threads: usize) -> bool {
    took_part >= threads.min(available_cores())
}
