//! The report, from the record to the text of the PDF. Built with `--release`: typesetting takes a minute without.

mod command;
mod findings;
mod language;
mod pages;
mod source;

use std::path::Path;

use abreast::record::{
    Accuracy, Cache, Declared, Key, Load, Machine, Of, Outcome, Pair, Role, Sample, Size, Taken,
    Writer,
};
use harness::benches::{BREAK_EVEN, DISPATCH, Entry, KERNEL, POLICY, PYTHON, SPEEDUP};
use tempfile::TempDir;

/// An arm with 31 samples, its intervals about 2 % wide on either side.
fn taken(arm: &str, threads: usize, size: &str, ns: f64, speedup: f64) -> Taken {
    // Noise that is the same each time and has no order: 7 and 31 share no factor.
    let noise = |i: usize| (0.05 * ((7 * i % 31) as f64 - 15.0) / 15.0).exp();
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
    let size: Size = size.parse().unwrap();
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
            accuracy: Some(Accuracy {
                mean: 8.8e-9,
                max: 1.2e-7,
            }),
        },
    }
}

/// The same arm, so many times as fast against its baseline.
fn scale_speedup(taken: &mut Taken, by: f64) {
    if let Outcome::Measured { samples, .. } = &mut taken.outcome {
        for sample in samples {
            sample.pair.baseline_ns *= by;
        }
    }
}

/// The same against another baseline.
fn against(baseline: &str, taken: Taken) -> Taken {
    let role = match taken.key.arm == baseline {
        true => Role::Baseline,
        false => Role::Contender,
    };
    Taken {
        role,
        baseline: baseline.to_owned(),
        ..taken
    }
}

/// The main bench: the pool wins on a token and is level with rayon on a large matrix, rayon loses on the token.
fn speedup() -> Vec<Taken> {
    vec![
        taken("serial", 1, "64x64", 900.0, 1.0),
        taken("serial", 1, "1x14336", 3200.0, 1.0),
        taken("naive", 1, "1x14336", 37_000.0, 0.086),
        taken("copy", 2, "1x14336", 750.0, 4.26),
        taken("rayon", 1, "1x14336", 3300.0, 0.97),
        taken("rayon", 2, "1x14336", 9700.0, 0.33),
        taken("pool", 1, "1x14336", 3200.0, 1.0),
        taken("pool", 2, "1x14336", 1840.0, 1.74),
        taken("serial", 1, "4096x4096", 4e6, 1.0),
        taken("copy", 2, "4096x4096", 2.6e6, 1.54),
        taken("rayon", 1, "4096x4096", 4e6, 1.0),
        taken("rayon", 2, "4096x4096", 2.66e6, 1.505),
        taken("pool", 1, "4096x4096", 4e6, 1.0),
        taken("pool", 2, "4096x4096", 2.65e6, 1.51),
    ]
}

fn break_even() -> Vec<Taken> {
    let sizes = [("1x1024", 0.5), ("1x4096", 0.9), ("1x16384", 1.8)];
    let rows = sizes.iter().flat_map(|&(shape, pool)| {
        [
            taken("serial", 1, shape, 1e3, 1.0),
            taken("pool", 2, shape, 1e3, pool),
            taken("rayon", 2, shape, 1e3, pool / 4.0),
        ]
    });
    rows.collect()
}

fn dispatch() -> Vec<Taken> {
    [("rayon", 12_000.0, 1.0), ("pool", 720.0, 16.7)]
        .map(|(runtime, ns, speedup)| against("rayon", taken(runtime, 2, "2x16", ns, speedup)))
        .to_vec()
}

fn kernel() -> Vec<Taken> {
    vec![
        against("naive", taken("avx2", 1, "64x64", 1e3, 11.5)),
        against("naive", taken("naive", 1, "64x64", 1.15e4, 1.0)),
        against("copy", taken("copy", 1, "4096x4096", 3e6, 1.0)),
        against("copy", taken("avx2", 1, "4096x4096", 4e6, 0.75)),
    ]
}

fn policy() -> Vec<Taken> {
    let grain = |grain, speedup| {
        let mut taken = taken("rayon", 2, "256x256", 1.5e4 / speedup, speedup);
        taken.key.setting = Some(grain);
        taken
    };
    vec![
        taken("serial", 1, "256x256", 1.5e4, 1.0),
        taken("copy", 2, "256x256", 3e3, 5.0),
        taken("rayon", 2, "256x256", 1e4, 1.5),
        grain(1024.0, 1.2),
        grain(32768.0, 1.52),
        taken("pool", 2, "256x256", 8e3, 1.9),
        taken("pool-pinned", 2, "256x256", 8e3, 1.9),
    ]
}

/// From Python: at 1 x 1 PyTorch wins, at 1024 x 1024 sigmulib does.
fn python() -> Vec<Taken> {
    let arms = [
        ("F.silu", [1.0, 1.0]),
        ("sigmoid(A) * A", [0.6, 0.7]),
        ("sigmulib", [0.9, 2.0]),
        ("Python loop", [1.5, 0.001]),
    ];
    let of = |shape, at: usize, ns: f64| {
        arms.map(|(arm, speedups)| {
            against(
                "F.silu",
                taken(arm, 2, shape, ns / speedups[at], speedups[at]),
            )
        })
    };
    [of("1x1", 0, 1200.0), of("1024x1024", 1, 3.5e5)].concat()
}

/// Every bench with its rows.
fn everything() -> Vec<(Entry, Vec<Taken>)> {
    vec![
        (SPEEDUP, speedup()),
        (BREAK_EVEN, break_even()),
        (DISPATCH, dispatch()),
        (KERNEL, kernel()),
        (POLICY, policy()),
        (PYTHON, python()),
    ]
}

/// The records of `benches` in a folder of their own.
fn folder(benches: &[(Entry, Vec<Taken>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (bench, rows) in benches {
        put(*bench, rows, folder.path());
    }
    folder
}

fn put(bench: Entry, arms: &[Taken], folder: &Path) {
    let folder = folder.join(bench.name);
    std::fs::create_dir_all(&folder).unwrap();
    let views: &[_] = match bench.name {
        "speedup" => &["speedup", "throughput", "time", "sizes", "forecast"],
        "break_even" => &["break_even"],
        "kernel" => &["kernel", "levels"],
        "policy" => &["policy", "sizes"],
        "dispatch" => &["dispatch", "sizes"],
        _ => &["study", "ratio", "sizes", "peers"],
    };
    let declared = Declared {
        bench: bench.name.to_owned(),
        views: views.iter().map(|&view| view.to_owned()).collect(),
        level: Some("avx2".to_owned()),
        ..Declared::default()
    };
    let mut writer = Writer::create(&declared, &folder).unwrap();
    arms.iter().for_each(|arm| writer.append(arm).unwrap());
    let idle = Some(Load {
        others: 0.0,
        stolen: 0.0,
    });
    let machine = Machine {
        cpu: "Test CPU 9000".to_owned(),
        available_cores: 2,
        quota_cores: None,
        governor: None,
        caches: vec![Cache {
            level: 3,
            kind: "Unified".to_owned(),
            bytes: 32 << 20,
            shared_by: "0-1".to_owned(),
        }],
        commit: Some("0123abcde".to_owned()),
        date: "2026-08-01T12:00:00Z".to_owned(),
        load_before: idle,
        load_during: idle,
        load_average_after: Some(0.0),
        ..Machine::look(".".as_ref())
    };
    machine.write(&folder).unwrap();
}
