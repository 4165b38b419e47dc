//! What is shown of the record made from Python.

use abreast::analyse::verdict::Verdict;
use abreast::analyse::{Analysis, Row, noise_floor};
use abreast::record::{
    Accuracy, Declared, Key, Machine, Outcome, Pair, Record, Role, Sample, Taken,
};
use abreast::show::chart::{Entry, Mark};
use abreast::show::files::drawn;
use abreast::show::sections;
use harness::benches::VIEWS;
use harness::peers;

/// An arm with 15 samples, as `python -m sigmulib.compare` leaves them: so many times as fast as `F.silu`, which takes `ns`.
fn taken(arm: &str, size: &str, ns: f64, speedup: f64) -> Taken {
    let ns = ns / speedup;
    let noise = |i: usize| (0.03 * ((4 * i % 15) as f64 - 7.0) / 7.0).exp();
    let samples = (0..15).map(|i| Sample {
        run: 0,
        round: i,
        pair: Pair {
            iterations: 1,
            ns: ns * noise(i),
            baseline_iterations: 1,
            baseline_ns: ns * noise(i) * speedup * noise(i + 4),
        },
        busy: None,
        alone_cpu_ns: None,
        took_part: None,
        imbalance: None,
    });
    Taken {
        key: Key {
            arm: arm.to_owned(),
            threads: 2,
            size: size.parse().unwrap(),
            setting: None,
        },
        role: match arm {
            "F.silu" => Role::Baseline,
            _ => Role::Contender,
        },
        baseline: "F.silu".to_owned(),
        bytes: None,
        outcome: Outcome::Measured {
            samples: samples.collect(),
            accuracy: Some(Accuracy {
                mean: 1e-8,
                max: 1e-7,
            }),
        },
    }
}

fn analysed(arms: Vec<Taken>) -> Analysis {
    Analysis::new(Record {
        declared: Declared {
            bench: "python".to_owned(),
            views: ["study", "ratio", "sizes", "peers"]
                .map(str::to_owned)
                .to_vec(),
            ..Declared::default()
        },
        machine: Machine::look(".".as_ref()),
        later: Vec::new(),
        arms,
    })
}

#[test]
fn pytorch_is_held_against_sigmulib_by_their_speedups() {
    let of = analysed(vec![
        taken("F.silu", "32x32", 1e3, 1.0),
        taken("sigmoid(A) * A", "32x32", 1e3, 0.5),
        taken("sigmulib", "32x32", 1e3, 1.2),
        taken("F.silu", "64x64", 1e3, 1.0),
        taken("sigmoid(A) * A", "64x64", 1e3, 0.8),
        taken("sigmulib", "64x64", 1e3, 0.81),
        taken("sigmulib", "128x128", 1e3, 3.0),
    ]);
    let rows: &[Row] = &of.rows;
    let rounds = peers::rounds(rows, "sigmulib", "sigmoid(A) * A");
    assert_eq!(rounds.len(), 2, "{rounds:?}");
    assert!((rounds[0].ratio.median - 2.4).abs() < 1e-9, "{rounds:?}");
    assert_eq!(rounds[0].verdict, Verdict::Faster);
    assert_eq!(rounds[1].verdict, Verdict::NoDifference);
    // Against the baseline its pairs say it directly, with their own interval.
    let direct = peers::rounds(rows, "sigmulib", "F.silu");
    assert_eq!(direct[0].ratio, rows[2].figures().unwrap().speedup);
    assert_eq!(direct[1].verdict, Verdict::Slower);

    let sections = sections(&of, &VIEWS);
    let table = sections[3].tables[0].text();
    let worst = table.lines().find(|line| line.contains("worst 1-64"));
    let cells: Vec<_> = worst.unwrap().split_whitespace().collect();
    assert_eq!(cells, ["worst", "1-64", "1.01", "0.81"], "{table}");
}

#[test]
fn the_study_is_drawn_from_what_python_measured() {
    let words = |arms| {
        let of = analysed(arms);
        let sections = sections(&of, &VIEWS);
        let charts = sections.iter().flat_map(|section| &section.charts);
        let names: Vec<_> = charts.clone().map(|chart| &*chart.name).collect();
        assert_eq!(names, ["study", "ratio"]);
        let svgs = charts.map(|chart| drawn(&of, chart).unwrap());
        svgs.collect::<Vec<_>>().concat()
    };
    let study = words(vec![
        taken("F.silu", "1x1", 1000.0, 1.0),
        taken("sigmulib", "1x1", 800.0, 1.2),
        taken("F.silu", "1024x1024", 4e5, 1.0),
        taken("sigmulib", "1024x1024", 2e5, 2.0),
    ]);
    for what in [
        "2: the parallel ones",
        "time per element (ns)",
        "mean absolute error",
        "sigmulib",
        "dimension d of a d x d matrix",
    ] {
        assert!(study.contains(what), "the study does not say `{what}`");
    }
    // An experiment that was not measured has no place.
    let some = words(vec![taken("NumPy", "1x1", 1000.0, 1.0)]);
    assert!(some.contains("1: small") && !some.contains("2: the parallel ones"));
    assert!(words(Vec::new()).contains("Nothing that it shows was measured."));
}

/// The chart of ratios shows where the baseline differs from itself, and NumPy too.
#[test]
fn ratios_have_a_noise_floor_and_all_peers() {
    let of = analysed(vec![
        taken("F.silu", "32x32", 1e3, 1.0),
        taken("sigmulib", "32x32", 1e3, 1.2),
        taken("sigmulib NumPy", "32x32", 1e3, 0.5),
        taken("NumPy", "32x32", 1e3, 0.9),
    ]);
    let sections = sections(&of, &VIEWS);
    let chart = &sections[1].charts[0];
    assert_eq!(chart.name, "ratio");
    let names: Vec<_> = chart.legend.iter().map(Entry::name).collect();
    assert_eq!(names, ["F.silu", "NumPy", "as fast"]);
    let floor = noise_floor(&of.rows, of.rows[0].key.size).unwrap();
    let bands = chart.panels[0].marks.iter().filter_map(|mark| match mark {
        Mark::Series { points, .. } => points.first().map(|point| point.y),
        _ => None,
    });
    let bands: Vec<_> = bands.collect();
    assert!(
        floor > 0.0
            && bands
                .iter()
                .any(|band| band.median == 1.0 && band.high == 1.0 + floor),
        "{bands:?}"
    );
    assert!(
        bands.iter().any(|band| band.median < 0.6),
        "NumPy wins: {bands:?}"
    );
    assert_eq!(chart.panels[0].x.ticks, [32.0]);
}
