//! What makes the figures of a run doubtful.

use std::fmt;

use super::{Row, noise_floor};
use crate::record::{Machine, Size};

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
    doubts
}
