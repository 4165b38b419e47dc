//! The report, from the record to the text of the PDF. Built with `--release`: typesetting takes a minute without.

mod command;
mod findings;
mod language;
mod pages;
mod source;

use std::path::Path;

use harness::analyse::{Accuracy, Estimate, Figures};
use harness::benches::{BREAK_EVEN, Bench, DISPATCH, KERNEL, POLICY, PYTHON, SPEEDUP};
use harness::grid::Key;
use harness::load::Load;
use harness::machine::Machine;
use harness::record::{Outcome, Row, Writer};
use harness::role::{Of, Role};
use tempfile::TempDir;

/// A measured row of a runtime, or of a kernel that stands for itself, its intervals 2 % wide on either side.
fn row(kernel: &str, runtime: &str, threads: usize, shape: &str, ns: f64, speedup: f64) -> Row {
    let around = |median: f64| Estimate {
        median,
        low: median * 0.98,
        high: median * 1.02,
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
            min_ns: ns * 0.9,
            baseline_ns: ns * speedup,
            speedup: around(speedup),
            busy: Some(threads as f64),
            alone_cpu_ns: Some(2.0 * ns),
            took_part: Some(threads as f64),
            imbalance: Some(1.25),
            accuracy: Some(Accuracy {
                mean: 8.8e-9,
                max: 1.2e-7,
            }),
        })),
    }
}

/// The same against another baseline.
fn against(baseline: &str, row: Row) -> Row {
    let role = match row.key.arm == baseline {
        true => Role::Baseline,
        false => Role::Contender,
    };
    Row {
        role,
        baseline: baseline.to_owned(),
        ..row
    }
}

/// The main bench: the pool wins on a token and is level with rayon on a large matrix, rayon loses on the token.
fn speedup() -> Vec<Row> {
    vec![
        row("sigmul", "serial", 1, "64x64", 900.0, 1.0),
        row("sigmul", "serial", 1, "1x14336", 3200.0, 1.0),
        row("naive", "serial", 1, "1x14336", 37_000.0, 0.086),
        row("copy", "pool", 2, "1x14336", 750.0, 4.26),
        row("sigmul", "rayon", 1, "1x14336", 3300.0, 0.97),
        row("sigmul", "rayon", 2, "1x14336", 9700.0, 0.33),
        row("sigmul", "pool", 1, "1x14336", 3200.0, 1.0),
        row("sigmul", "pool", 2, "1x14336", 1840.0, 1.74),
        row("sigmul", "serial", 1, "4096x4096", 4e6, 1.0),
        row("copy", "pool", 2, "4096x4096", 2.6e6, 1.54),
        row("sigmul", "rayon", 1, "4096x4096", 4e6, 1.0),
        row("sigmul", "rayon", 2, "4096x4096", 2.7e6, 1.49),
        row("sigmul", "pool", 1, "4096x4096", 4e6, 1.0),
        row("sigmul", "pool", 2, "4096x4096", 2.65e6, 1.51),
    ]
}

fn break_even() -> Vec<Row> {
    let sizes = [("1x1024", 0.5), ("1x4096", 0.9), ("1x16384", 1.8)];
    let rows = sizes.iter().flat_map(|&(shape, pool)| {
        [
            row("sigmul", "serial", 1, shape, 1e3, 1.0),
            row("sigmul", "pool", 2, shape, 1e3, pool),
            row("sigmul", "rayon", 2, shape, 1e3, pool / 4.0),
        ]
    });
    rows.collect()
}

fn dispatch() -> Vec<Row> {
    [("rayon", 12_000.0, 1.0), ("pool", 720.0, 16.7)]
        .map(|(runtime, ns, speedup)| {
            against("rayon", row("empty", runtime, 2, "2x16", ns, speedup))
        })
        .to_vec()
}

fn kernel() -> Vec<Row> {
    vec![
        against("naive", row("avx2", "serial", 1, "64x64", 1e3, 11.5)),
        against("naive", row("naive", "serial", 1, "64x64", 1.15e4, 1.0)),
        against("copy", row("copy", "serial", 1, "4096x4096", 3e6, 1.0)),
        against("copy", row("avx2", "serial", 1, "4096x4096", 4e6, 0.75)),
    ]
}

fn policy() -> Vec<Row> {
    let grain = |grain, speedup| {
        let mut row = row("sigmul", "rayon", 2, "256x256", 1e4, speedup);
        row.key.setting = Some(grain);
        row
    };
    vec![
        row("sigmul", "serial", 1, "256x256", 1.5e4, 1.0),
        row("copy", "pool", 2, "256x256", 3e3, 5.0),
        row("sigmul", "rayon", 2, "256x256", 1e4, 1.5),
        grain(1024.0, 1.2),
        grain(32768.0, 1.52),
        row("sigmul", "pool", 2, "256x256", 8e3, 1.9),
        row("sigmul", "pool-pinned", 2, "256x256", 8e3, 1.9),
    ]
}

/// From Python: at 1 x 1 PyTorch wins, at 1024 x 1024 sigmulib does.
fn python() -> Vec<Row> {
    let arms = [
        ("F.silu", [1.0, 1.0]),
        ("sigmoid(A) * A", [0.6, 0.7]),
        ("sigmulib", [0.9, 2.0]),
        ("Python loop", [1.5, 0.001]),
    ];
    let of = |shape, at: usize, ns: f64| {
        arms.map(|(kernel, speedups)| {
            against(
                "F.silu",
                row(kernel, "torch", 2, shape, ns / speedups[at], speedups[at]),
            )
        })
    };
    [of("1x1", 0, 1200.0), of("1024x1024", 1, 3.5e5)].concat()
}

/// Every bench with its rows.
fn everything() -> Vec<(&'static Bench, Vec<Row>)> {
    vec![
        (&SPEEDUP, speedup()),
        (&BREAK_EVEN, break_even()),
        (&DISPATCH, dispatch()),
        (&KERNEL, kernel()),
        (&POLICY, policy()),
        (&PYTHON, python()),
    ]
}

/// The records of `benches` in a folder of their own.
fn folder(benches: &[(&'static Bench, Vec<Row>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (bench, rows) in benches {
        put(bench, rows, folder.path());
    }
    folder
}

fn put(bench: &'static Bench, rows: &[Row], folder: &Path) {
    let folder = bench.folder_in(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mut writer = Writer::create(bench.name, &folder).unwrap();
    rows.iter().for_each(|row| writer.append(row, &[]).unwrap());
    let idle = Some(Load {
        others: 0.0,
        stolen: 0.0,
    });
    let machine = Machine {
        cpu: "Test CPU 9000".to_owned(),
        available_cores: 2,
        quota_cores: None,
        governor: None,
        commit: Some("0123abcde".to_owned()),
        date: "2026-08-01T12:00:00Z".to_owned(),
        load_before: idle,
        load_during: idle,
        ..Machine::look(".".as_ref())
    };
    machine.write(&folder).unwrap();
}
