//! What makes the figures of a run doubtful.

use std::fmt;

use super::regime::{Kind, uneven};
use super::{Row, noise_floor};
use crate::record::{Key, Machine, Size};

/// Cores' worth of other work above which a run is doubtful. An idle Linux uses a hundredth.
const BUSY: f64 = 0.1;

/// The noise floor above which a run is doubtful: most differences between runtimes that share work well are smaller.
pub const NOISE: f64 = 0.05;

/// A thing that makes the figures of a run doubtful. Displayed, it is a sentence that says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Doubt {
    /// Other processes were at work.
    Others {
        /// So many cores' worth.
        used: f64,
        /// Of so many.
        cores: usize,
        /// When.
        when: When,
    },
    /// The hypervisor gave cores to others.
    Stolen {
        /// So many cores' worth.
        kept: f64,
        /// Of so many.
        cores: usize,
        /// When.
        when: When,
    },
    /// A quota below the CPUs that the process may run on: so many cores.
    Quota(f64),
    /// A frequency governor that lets the clock follow the load.
    Governor(String),
    /// The run ended before it was done: what is not there was not measured.
    CutShort,
    /// The baseline has no figures of its own where other arms have.
    NoBaseline {
        /// Which.
        name: String,
        /// There first.
        size: Size,
        /// At so many sizes.
        missing: usize,
        /// Of so many.
        sizes: usize,
    },
    /// The baseline differs from itself.
    Noise {
        /// By so much where it differs most.
        floor: f64,
        /// There.
        size: Size,
        /// It is doubtful at so many sizes.
        noisy: usize,
        /// Of so many.
        sizes: usize,
    },
    /// Arms whose samples are not of one kind.
    Uneven {
        /// So many.
        uneven: usize,
        /// Of so many.
        arms: usize,
        /// Most clearly this one.
        worst: Key,
        /// In this way.
        kind: Kind,
    },
}

/// When something else was going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Just before the run.
    Before,
    /// While it ran.
    During,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "just before the run",
            Self::During => "during the run",
        })
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Others { used, cores, when } => write!(
                f,
                "other processes used {used:.2} of the {cores} cores {when}: stop them and measure again"
            ),
            Self::Stolen { kept, cores, when } => write!(
                f,
                "the hypervisor kept back {kept:.2} of the {cores} cores {when}"
            ),
            Self::Quota(quota) => write!(
                f,
                "a quota grants {quota:.2} cores, fewer than the threads may run on: they are stopped now and then, whatever they do"
            ),
            Self::Governor(governor) => write!(
                f,
                "the frequency governor is `{governor}`: the clock follows the load; `performance` holds it"
            ),
            Self::CutShort => f.write_str(
                "the run was cut short: arms that it did not finish have fewer samples or none",
            ),
            Self::NoBaseline {
                name,
                size,
                missing,
                sizes,
            } => write!(
                f,
                "the baseline {name} has no figures at {missing} of {sizes} sizes (first {size}): there is no noise floor there, \
                 nor a ceiling"
            ),
            Self::Noise {
                floor,
                size,
                noisy,
                sizes,
            } => write!(
                f,
                "the baseline differs from itself by up to {:.1} % (at {size}; more than {:.0} % at {noisy} of {sizes} sizes): \
                 smaller differences there are noise",
                100.0 * floor,
                100.0 * NOISE,
            ),
            Self::Uneven {
                uneven,
                arms,
                worst,
                kind,
            } => write!(
                f,
                "the samples of {uneven} of {arms} arms are not of one kind (most clearly {worst}: {kind}): \
                 the machine was not the same all the time, and what they say may not hold in another run"
            ),
        }
    }
}

/// Each thing that makes figures doubtful; none for a quiet run on a machine of its own.
pub fn doubts(machine: &Machine, rows: &[Row]) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let cores = machine.available_cores;
    let loads = [
        (machine.load_before, When::Before),
        (machine.load_during, When::During),
    ];
    for (load, when) in loads
        .into_iter()
        .filter_map(|(load, when)| Some((load?, when)))
    {
        if load.others > BUSY {
            let used = load.others;
            doubts.push(Doubt::Others { used, cores, when });
        }
        if load.stolen > BUSY {
            let kept = load.stolen;
            doubts.push(Doubt::Stolen { kept, cores, when });
        }
    }
    if let Some(quota) = machine.quota_cores
        && quota < machine.allowed_cpus() as f64
    {
        doubts.push(Doubt::Quota(quota));
    }
    if let Some(governor) = &machine.governor
        && governor != "performance"
    {
        doubts.push(Doubt::Governor(governor.clone()));
    }
    let mut sizes: Vec<_> = rows.iter().map(|row| row.key.size).collect();
    sizes.dedup();
    let without = sizes.iter().filter_map(|&size| {
        let measured = rows
            .iter()
            .filter(|row| row.key.size == size && row.figures().is_some());
        let has_baseline = measured.clone().any(Row::is_baseline);
        measured
            .filter(|_| !has_baseline)
            .find(|row| row.role.competes())
    });
    let without: Vec<_> = without.collect();
    if let Some(first) = without.first() {
        doubts.push(Doubt::NoBaseline {
            name: first.baseline.clone(),
            size: first.key.size,
            missing: without.len(),
            sizes: sizes.len(),
        });
    }
    let floors = sizes
        .iter()
        .filter_map(|&size| Some((noise_floor(rows, size)?, size)));
    let noisy: Vec<_> = floors.filter(|(floor, _)| *floor > NOISE).collect();
    if let Some(&(floor, size)) = noisy.iter().max_by(|a, b| a.0.total_cmp(&b.0)) {
        doubts.push(Doubt::Noise {
            floor,
            size,
            noisy: noisy.len(),
            sizes: sizes.len(),
        });
    }
    let found = uneven(rows);
    if let Some(worst) = found.iter().min_by(|a, b| a.chance.total_cmp(&b.chance)) {
        doubts.push(Doubt::Uneven {
            uneven: found.len(),
            arms: rows.iter().filter(|row| row.figures().is_some()).count(),
            worst: worst.key.clone(),
            kind: worst.kind,
        });
    }
    doubts
}
