//! What makes the figures of a run doubtful.

use crate::machine::Machine;
use crate::record::{Row, noise_floor};

/// Cores' worth of other work above which a run is doubtful. An idle Linux uses a hundredth.
const BUSY: f64 = 0.1;

/// The noise floor above which a run is doubtful: most differences between runtimes that share work well are smaller.
const NOISE: f64 = 0.05;

/// A sentence for each thing that makes figures doubtful; none for a quiet run on a machine of its own.
pub fn doubts(machine: &Machine, rows: &[Row]) -> Vec<String> {
    let mut doubts = Vec::new();
    let loads = [
        (machine.load_before, "just before the run"),
        (machine.load_during, "during the run"),
    ];
    for (load, when) in loads
        .into_iter()
        .filter_map(|(load, when)| Some((load?, when)))
    {
        if load.others > BUSY {
            doubts.push(format!(
                "other processes used {:.2} of the {} cores {when}: stop them and measure again",
                load.others, machine.available_cores
            ));
        }
        if load.stolen > BUSY {
            doubts.push(format!(
                "the hypervisor kept back {:.2} of the {} cores {when}",
                load.stolen, machine.available_cores
            ));
        }
    }
    if let Some(quota) = machine.quota_cores
        && quota.fract() != 0.0
    {
        doubts.push(format!(
            "a quota grants {quota:.2} cores: threads are stopped now and then, whatever they do"
        ));
    }
    if let Some(governor) = &machine.governor
        && governor != "performance"
    {
        doubts.push(format!(
            "the frequency governor is `{governor}`: the clock follows the load; `performance` holds it"
        ));
    }
    let mut shapes: Vec<_> = rows.iter().map(|row| row.key.shape).collect();
    shapes.dedup();
    let floors = shapes
        .iter()
        .filter_map(|&shape| Some((noise_floor(rows, shape)?, shape)));
    let noisy: Vec<_> = floors.filter(|(floor, _)| *floor > NOISE).collect();
    if let Some((floor, shape)) = noisy.iter().max_by(|a, b| a.0.total_cmp(&b.0)) {
        doubts.push(format!(
            "the baseline differs from itself by up to {:.1} % (at {shape}; more than {:.0} % at {} of {} sizes): \
             smaller differences there are noise",
            100.0 * floor,
            100.0 * NOISE,
            noisy.len(),
            shapes.len()
        ));
    }
    doubts
}
