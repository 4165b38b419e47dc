//! What records say, but for the measuring itself.

mod analysis;
mod bench;
mod charts;
mod findings;
mod front;
mod machine;
mod page;
mod record;
mod redraw;
mod regimes;
mod settings;
mod tables;

use abreast::analyse::{Analysis, Row};
use abreast::record::{Declared, Key, Machine, Of, Outcome, Pair, Record, Role, Sample, Taken};
use abreast::show::View;

/// An arm with 31 samples: `ns` and `speedup` are their medians, and their intervals reach about 10 % to either side.
fn taken(arm: &str, threads: usize, size: &str, ns: f64, speedup: f64) -> Taken {
    // Noise that is the same each time and has no order: 7 and 31 share no factor.
    let noise = |i: usize| (0.25 * ((7 * i % 31) as f64 - 15.0) / 15.0).exp();
    let samples = (0..31).map(|i| Sample {
        run: 0,
        round: i,
        pair: Pair {
            iterations: 1,
            ns: ns * noise(i),
            baseline_iterations: 1,
            baseline_ns: ns * noise(i) * speedup * noise(i + 11),
        },
        busy: Some(threads as f64),
        alone_cpu_ns: Some(2.0 * ns),
        took_part: Some(threads as f64),
        imbalance: Some(1.25),
    });
    let size: abreast::record::Size = size.parse().unwrap();
    Taken {
        key: Key {
            arm: arm.to_owned(),
            threads,
            size,
            setting: None,
        },
        role: match arm {
            "serial" => Role::Baseline,
            "copy" => Role::Ceiling(Of::Memory),
            "naive" => Role::Reference,
            _ => Role::Contender,
        },
        baseline: "serial".to_owned(),
        bytes: Some(8 * size.elements() as u64),
        outcome: Outcome::Measured {
            samples: samples.collect(),
            accuracy: None,
        },
    }
}

/// The same with its figures, on two cores.
fn row(arm: &str, threads: usize, size: &str, ns: f64, speedup: f64) -> Row {
    Row::new(taken(arm, threads, size, ns, speedup), 2)
}

/// A small run: two sizes, two contenders and a reference, one failure, one skipped arm.
fn arms() -> Vec<Taken> {
    let mut arms = vec![
        taken("serial", 1, "256x256", 15_000.0, 1.0),
        taken("naive", 1, "256x256", 150_000.0, 0.1),
        taken("rayon", 1, "256x256", 20_000.0, 0.75),
        taken("rayon", 2, "256x256", 11_000.0, 1.25),
        taken("rayon", 4, "256x256", 30_000.0, 0.5),
        taken("serial", 1, "1024x1024", 400_000.0, 1.0),
        taken("rayon", 1, "1024x1024", 410_000.0, 0.98),
        taken("rayon", 2, "1024x1024", 210_000.0, 1.9),
        taken("rayon", 4, "1024x1024", 220_000.0, 1.82),
        taken("threads", 2, "1024x1024", 1.0, 1.0),
        taken("crossbeam", 2, "1024x1024", 1.0, 1.0),
    ];
    arms[9].outcome = Outcome::Failed("element 3 is 1e0, the serial result is 2e0".to_owned());
    arms[10].outcome = Outcome::Skipped;
    arms
}

fn machine() -> Machine {
    Machine {
        available_cores: 2,
        quota_cores: None,
        governor: None,
        load_average_after: Some(0.0),
        ..Machine::look(".".as_ref())
    }
}

/// A bench that shows these views.
fn declared(views: &[View]) -> Declared {
    Declared {
        bench: "work".to_owned(),
        subject: "work".to_owned(),
        against: "the serial code".to_owned(),
        views: views.iter().map(|view| view.name.to_owned()).collect(),
        ..Declared::default()
    }
}

/// What a run of such a bench would have left in memory.
fn analysed(arms: Vec<Taken>, views: &[View]) -> Analysis {
    Analysis::new(Record {
        declared: declared(views),
        machine: machine(),
        later: Vec::new(),
        arms,
    })
}
