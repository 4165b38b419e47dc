//! The harness's behaviour, but for the measuring itself.

mod analysis;
mod charts;
mod findings;
mod inputs;
mod record;
mod redraw;
mod runtimes;
mod splice;

use harness::analyse::{Estimate, Figures};
use harness::grid::Key;
use harness::machine::Machine;
use harness::record::{Outcome, Row};
use harness::role::{Of, Role};

/// A measured row with the given median time and speedup: of an arm, or of a kernel that stands for itself.
fn row(kernel: &str, runtime: &str, threads: usize, shape: &str, ns: f64, speedup: f64) -> Row {
    let around = |median: f64| Estimate {
        median,
        low: median * 0.9,
        high: median * 1.1,
    };
    let own = ["sigmul", "empty"].contains(&kernel);
    let arm = if own { runtime } else { kernel };
    Row {
        key: Key {
            arm: arm.to_owned(),
            threads,
            shape: shape.parse().unwrap(),
            setting: None,
        },
        role: match arm {
            "serial" => Role::Baseline,
            "copy" => Role::Ceiling(Of::Memory),
            "naive" => Role::Reference,
            _ => Role::Contender,
        },
        baseline: "serial".to_owned(),
        oversubscribed: threads > 2,
        outcome: Outcome::Measured(Box::new(Figures {
            samples: 30,
            ns: around(ns),
            mad_ns: ns / 50.0,
            min_ns: ns * 0.8,
            baseline_ns: ns * speedup,
            speedup: around(speedup),
            busy: Some(threads as f64),
            alone_cpu_ns: Some(2.0 * ns),
            took_part: Some(threads as f64),
            imbalance: Some(1.25),
            accuracy: None,
        })),
    }
}

/// A small record: two sizes, two runtimes and the naive kernel, one failure, one skipped arm.
fn rows() -> Vec<Row> {
    let mut rows = vec![
        row("sigmul", "serial", 1, "256x256", 15_000.0, 1.0),
        row("naive", "serial", 1, "256x256", 150_000.0, 0.1),
        row("sigmul", "rayon", 1, "256x256", 20_000.0, 0.75),
        row("sigmul", "rayon", 2, "256x256", 11_000.0, 1.25),
        row("sigmul", "rayon", 4, "256x256", 30_000.0, 0.5),
        row("sigmul", "serial", 1, "1024x1024", 400_000.0, 1.0),
        row("sigmul", "rayon", 1, "1024x1024", 410_000.0, 0.98),
        row("sigmul", "rayon", 2, "1024x1024", 210_000.0, 1.9),
        row("sigmul", "rayon", 4, "1024x1024", 220_000.0, 1.82),
        row("sigmul", "threads", 2, "1024x1024", 1.0, 1.0),
        row("sigmul", "crossbeam", 2, "1024x1024", 1.0, 1.0),
    ];
    rows[9].outcome = Outcome::Failed("element 3 is 1e0, the serial result is 2e0".to_owned());
    rows[10].outcome = Outcome::Skipped;
    rows
}

fn machine() -> Machine {
    Machine {
        available_cores: 2,
        ..Machine::look(".".as_ref())
    }
}
