//! Charts are well-formed and say what is in them and what is missing.

use std::fs;

use harness::analyse::Accuracy;
use harness::benches::{BREAK_EVEN, DISPATCH, KERNEL, POLICY, PYTHON, SPEEDUP};
use harness::chart;
use harness::load::Load;
use harness::record::{Outcome, Row};
use harness::role::Role;

use crate::{machine, row, rows};

/// All text of a chart, in order.
fn words(svg: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("well-formed XML");
    let text = document.descendants().filter(|node| node.is_text());
    text.filter_map(|node| Some(node.text()?.trim().to_owned()))
        .filter(|text| !text.is_empty())
        .collect()
}

#[test]
fn every_chart_names_its_axes_its_lines_and_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    let machine = machine();
    let drawn = chart::draw(&SPEEDUP, folder.path(), &rows(), &machine).unwrap();
    assert_eq!(drawn.len(), 4);
    for path in &drawn {
        let words = words(&fs::read_to_string(path).unwrap());
        let has = |what: &str| words.iter().any(|word| word.contains(what));
        for what in ["rayon", "ceiling", &machine.summary()] {
            assert!(has(what), "{} does not say `{what}`", path.display());
        }
        assert!(has(
            "FAILED: 1024x1024/threads/2 · not measured (left out by the filter): 1024x1024/crossbeam/2"
        ));
    }
    let speedup = words(&fs::read_to_string(folder.path().join("speedup.svg")).unwrap());
    for what in [
        "256x256 · 524.3 kB",
        "1024x1024 · 8.4 MB",
        "speedup (times serial)",
        "threads",
        "serial",
        "naive",
        "ceiling: cores",
        "ceiling: copy",
        "oversubscribed",
    ] {
        assert!(
            speedup.iter().any(|word| word == what),
            "speedup.svg does not say `{what}`: {speedup:?}"
        );
    }
    let forecast = words(&fs::read_to_string(folder.path().join("forecast.svg")).unwrap());
    assert!(forecast.iter().any(|word| word.starts_with("FORECAST")));
    assert!(forecast.iter().any(|word| word == "cores (grey: forecast)"));
    let throughput = words(&fs::read_to_string(folder.path().join("throughput.svg")).unwrap());
    assert!(throughput.iter().any(|word| word == "throughput (GB/s)"));
    let time = words(&fs::read_to_string(folder.path().join("time.svg")).unwrap());
    assert!(time.iter().any(|word| word == "time per element (ns)"));
    assert!(time.iter().any(|word| word == "elements"));
}

#[test]
fn a_changed_figure_changes_the_chart() {
    let draw = |speedup| {
        let folder = tempfile::tempdir().unwrap();
        let rows = [
            row("sigmul", "rayon", 1, "64x64", 1e4, 1.0),
            row("sigmul", "rayon", 2, "64x64", 1e4, speedup),
        ];
        chart::draw(&SPEEDUP, folder.path(), &rows, &machine()).unwrap();
        fs::read_to_string(folder.path().join("speedup.svg")).unwrap()
    };
    assert_eq!(draw(1.5), draw(1.5));
    assert_ne!(draw(1.5), draw(1.6));
}

#[test]
fn records_of_one_arm_or_none_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let one = [row("sigmul", "rayon", 1, "1x1", 100.0, 0.01)];
    let skipped: Vec<_> = rows().drain(9..).collect();
    for rows in [&one[..], &skipped[..], &[]] {
        for path in chart::draw(&SPEEDUP, folder.path(), rows, &machine()).unwrap() {
            words(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_other_benches_have_charts_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut machine = machine();
    machine.caches = vec![harness::machine::Cache {
        level: 2,
        kind: "Unified".to_owned(),
        bytes: 1 << 20,
        shared_by: "0".to_owned(),
    }];
    let mut rows: Vec<_> = ["256x256", "1024x1024"]
        .iter()
        .flat_map(|shape| {
            [
                ("copy", Role::Reference),
                ("avx2", Role::Contender),
                ("naive", Role::Baseline),
            ]
            .map(|(kernel, role)| Row {
                role,
                baseline: "naive".to_owned(),
                ..row(kernel, "serial", 1, shape, 1e5, 0.5)
            })
        })
        .collect();
    let drawn = chart::draw(&KERNEL, folder.path(), &rows, &machine).unwrap();
    assert_eq!(drawn, [folder.path().join("kernel.svg")]);
    let kernel = words(&fs::read_to_string(&drawn[0]).unwrap());
    for what in [
        "1 thread",
        "bytes moved per call",
        "throughput (GB/s)",
        "copy",
        "avx2",
        "naive",
        "L2",
    ] {
        assert!(
            kernel.iter().any(|word| word == what),
            "kernel.svg does not say `{what}`: {kernel:?}"
        );
    }

    rows = [1, 2, 4]
        .map(|threads| row("empty", "rayon", threads, "4x16", 1e4, 1.0))
        .to_vec();
    let drawn = chart::draw(&DISPATCH, folder.path(), &rows, &machine).unwrap();
    assert_eq!(drawn, [folder.path().join("dispatch.svg")]);
    let dispatch = words(&fs::read_to_string(&drawn[0]).unwrap());
    for what in ["threads", "time per call (µs)", "rayon", "oversubscribed"] {
        assert!(
            dispatch.iter().any(|word| word == what),
            "dispatch.svg does not say `{what}`: {dispatch:?}"
        );
    }

    let sizes = ["1x1024", "1x4096", "1x16384"];
    rows = sizes
        .iter()
        .zip([0.5, 0.9, 1.8])
        .flat_map(|(shape, speedup)| {
            [
                row("sigmul", "serial", 1, shape, 1e3, 1.0),
                row("sigmul", "rayon", 2, shape, 1e3, speedup),
                row("sigmul", "rayon", 4, shape, 1e3, speedup / 2.0),
            ]
        })
        .collect();
    let drawn = chart::draw(&BREAK_EVEN, folder.path(), &rows, &machine).unwrap();
    let break_even = words(&fs::read_to_string(&drawn[0]).unwrap());
    for what in [
        "2 threads",
        "4 threads, oversubscribed",
        "elements",
        "serial",
        "rayon",
    ] {
        assert!(
            break_even.iter().any(|word| word == what),
            "break_even.svg does not say `{what}`: {break_even:?}"
        );
    }

    rows = vec![
        row("sigmul", "serial", 1, "64x64", 1e3, 1.0),
        row("sigmul", "rayon", 2, "64x64", 1e3, 1.5),
        row("sigmul", "rayon", 2, "64x64", 1e3, 1.4),
        row("sigmul", "pool-pinned", 2, "64x64", 1e3, 1.4),
    ];
    rows[2].key.setting = Some(2048.0);
    rows[3].outcome = Outcome::Refused("pool-pinned can't have 2 threads: no".to_owned());
    let drawn = chart::draw(&POLICY, folder.path(), &rows, &machine).unwrap();
    let policy = words(&fs::read_to_string(&drawn[0]).unwrap());
    for what in [
        "64x64 · 32.8 kB · 2 threads",
        "elements in a chunk",
        "refused by the system: 64x64/pool-pinned/2",
    ] {
        assert!(
            policy.iter().any(|word| word == what),
            "policy.svg does not say `{what}`: {policy:?}"
        );
    }
}

#[test]
fn doubts_stand_under_the_charts() {
    let folder = tempfile::tempdir().unwrap();
    let mut busy = machine();
    busy.load_during = Some(Load {
        others: 0.97,
        stolen: 0.0,
    });
    for path in chart::draw(&SPEEDUP, folder.path(), &rows(), &busy).unwrap() {
        let words = words(&fs::read_to_string(path).unwrap());
        assert!(
            words
                .iter()
                .any(|word| word.starts_with("DOUBTFUL: other processes used 0.97")),
            "{words:?}"
        );
    }
}

/// Rows as `python -m sigmulib.compare` writes them.
#[test]
fn the_study_is_drawn_from_what_python_measured() {
    let folder = tempfile::tempdir().unwrap();
    let of = |kernel: &str, shape: &str, ns: f64| {
        let mut row = row(kernel, "torch", 2, shape, ns, 1.0);
        row.baseline = "F.silu".to_owned();
        if let Outcome::Measured(figures) = &mut row.outcome {
            figures.accuracy = Some(Accuracy {
                mean: 1e-8,
                max: 1e-7,
            });
        }
        row
    };
    let rows = [
        of("F.silu", "1x1", 1000.0),
        of("sigmulib", "1x1", 800.0),
        of("F.silu", "1024x1024", 4e5),
        of("sigmulib", "1024x1024", 2e5),
    ];
    let drawn = chart::draw(&PYTHON, folder.path(), &rows, &machine()).unwrap();
    assert_eq!(drawn.len(), 2);
    let study = words(&fs::read_to_string(&drawn[0]).unwrap());
    for what in [
        "2: the parallel ones",
        "time per element (ns)",
        "mean absolute error",
        "sigmulib",
        "d",
    ] {
        assert!(
            study.iter().any(|word| word == what),
            "study.svg does not say `{what}`: {study:?}"
        );
    }
    let nothing = chart::draw(&PYTHON, folder.path(), &[], &machine()).unwrap();
    let nothing = words(&fs::read_to_string(&nothing[0]).unwrap());
    assert!(
        nothing
            .iter()
            .any(|word| word == "1: small, and the naive loop: not measured"),
        "{nothing:?}"
    );
}
