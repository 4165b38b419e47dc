//! What holds when samples are not independent, not of one kind, or of several runs: simulated, so that the truth is known.
//! METHODOLOGY.md has what these print: `cargo test -p abreast --test it regimes -- --nocapture`.

use abreast::analyse::compare::{changes, knows_runs};
use abreast::analyse::doubt::doubts;
use abreast::analyse::figures::Estimate;
use abreast::analyse::regime::{Kind, uneven};
use abreast::analyse::verdict::between;
use abreast::analyse::{Analysis, Row};
use abreast::record::{Outcome, Pair, Role, Sample};
use abreast::show::{View, compare, sections, text};
use rand::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::{analysed, machine, row};

/// Standard normal values, each so much like the one before it.
fn alike(random: &mut Xoshiro256PlusPlus, count: usize, by: f64) -> Vec<f64> {
    let mut normal = || -> f64 { StandardNormal.sample(random) };
    let mut last = normal();
    let mut next = || {
        let value = last;
        last = by * last + (1.0 - by * by).sqrt() * normal();
        value
    };
    (0..count).map(|_| next()).collect()
}

fn samples(runs: &[Vec<f64>]) -> Vec<Sample> {
    let of = |(run, speedups): (usize, &Vec<f64>)| {
        let sample = move |(round, speedup): (usize, &f64)| Sample {
            run,
            round,
            pair: Pair {
                iterations: 1,
                ns: 1e3,
                baseline_iterations: 1,
                baseline_ns: 1e3 * speedup,
            },
            busy: None,
            alone_cpu_ns: None,
            took_part: None,
            imbalance: None,
        };
        speedups.iter().enumerate().map(sample).collect::<Vec<_>>()
    };
    runs.iter().enumerate().flat_map(of).collect()
}

/// `template` with other samples of a name of its own, and its figures as they were: they take most of the time.
fn with(template: &Row, number: usize, runs: &[Vec<f64>]) -> Row {
    let mut row = template.clone();
    row.key.arm = format!("arm {number}");
    row.role = Role::Contender;
    row.outcome = Outcome::Measured {
        samples: samples(runs),
        accuracy: None,
    };
    row
}

/// How many of `tries` intervals of 1 hold it, and how wide they are on average, in standard deviations of a sample.
fn held(tries: usize, mut runs: impl FnMut() -> Vec<Vec<f64>>) -> (usize, f64) {
    let scale = |run: Vec<f64>| run.iter().map(|v| (0.03 * v).exp()).collect();
    let estimates = (0..tries).map(|_| {
        let runs: Vec<Vec<f64>> = runs().into_iter().map(scale).collect();
        Estimate::of_runs(&runs)
    });
    estimates.fold((0, 0.0), |(held, width), e| {
        let wide = (e.high / e.low).ln() / 0.03 / tries as f64;
        (
            held + usize::from(e.low <= 1.0 && 1.0 <= e.high),
            width + wide,
        )
    })
}

#[test]
fn intervals_hold_the_truth_where_samples_follow_one_another() {
    let tries = 300;
    for by in [0.0, 0.3, 0.5] {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(13);
        let (held, wide) = held(tries, || vec![alike(&mut random, 30, by)]);
        println!("30 samples, autocorrelation {by}: {held} of {tries}, {wide:.2} wide");
        assert!(held * 100 >= 93 * tries, "{by}: {held} of {tries}");
    }
}

#[test]
fn intervals_of_several_runs_know_how_runs_differ() {
    let tries = 300;
    for count in [2, 3, 5, 7] {
        for by in [0.0, 0.5] {
            let mut random = Xoshiro256PlusPlus::seed_from_u64(5);
            let (held, wide) = held(tries, || {
                let run = |_| {
                    let off: f64 = StandardNormal.sample(&mut random);
                    let run = alike(&mut random, 30, by);
                    run.into_iter().map(|v| v + off).collect()
                };
                (0..count).map(run).collect()
            });
            println!("{count} runs, autocorrelation {by}: {held} of {tries}, {wide:.2} wide");
            assert!(
                held * 100 >= 93 * tries,
                "{count} runs, {by}: {held} of {tries}"
            );
        }
    }
}

/// Two arms that differ by 2 % in every round, in runs that differ by far more.
#[test]
fn contenders_of_several_runs_are_compared_within_their_rounds() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(3);
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    let mut arm = |speed: f64| {
        let runs = (0..5).map(|_| alike(&mut random, 30, 0.0));
        let mut row = with(&template, 1, &runs.collect::<Vec<_>>());
        let Outcome::Measured { samples, .. } = &mut row.outcome else {
            unreachable!()
        };
        for sample in samples {
            let noise: f64 = StandardNormal.sample(&mut random);
            let run = 1.0 + 0.2 * sample.run as f64;
            sample.pair.ns = 1e3 * run * (0.005 * noise).exp() / speed;
        }
        row
    };
    let ratio = between(&arm(1.02), &arm(1.0)).unwrap();
    assert!(ratio.low > 1.01 && ratio.high < 1.03, "{ratio:?}");
}

/// 47 arms of one kind, and one more of these speedups.
fn among_others(random: &mut Xoshiro256PlusPlus, template: &Row, one: &[f64]) -> Vec<Row> {
    let mut rows: Vec<_> = (1..48)
        .map(|number| {
            let run = alike(random, 30, 0.0);
            with(
                template,
                number,
                &[run.iter().map(|v| (0.05 * v).exp()).collect()],
            )
        })
        .collect();
    rows.push(with(template, 0, &[one.to_vec()]));
    rows
}

#[test]
fn a_switch_of_regime_is_found_marked_and_doubted() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    let mut switched = |at: usize, to: f64| -> Vec<f64> {
        let run = alike(&mut random, 30, 0.0);
        let regime = |i| if i < at { 1.05 } else { 1.05 * to };
        run.iter()
            .enumerate()
            .map(|(i, v)| regime(i) * (0.03 * v).exp())
            .collect()
    };
    let run = switched(13, 1.95 / 1.05);
    let mut others = Xoshiro256PlusPlus::seed_from_u64(2);
    let rows = among_others(&mut others, &template, &run);
    let found = uneven(&rows);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].key.arm, found[0].kind), ("arm 0", Kind::Break));
    let said = doubts(&machine(), &rows)
        .iter()
        .map(ToString::to_string)
        .collect::<String>();
    assert!(
        said.contains(
            "1 of 48 arms are not of one kind (most clearly 64x64/arm 0/2: a break in time)"
        ),
        "{said}"
    );
    let mut of = analysed(Vec::new(), &[View::SIZES]);
    of.rows = rows;
    let shown = text(&of, &sections(&of, &[]));
    assert!(
        shown.contains("arm 0 ~")
            && !shown.contains("arm 1 ~")
            && shown.contains("~ samples of more than one kind"),
        "{shown}"
    );

    for (to, least) in [(1.1, 0), (1.2, 93), (1.86, 93)] {
        let found = (0..100).filter(|i| {
            let run = switched(10 + i % 11, to);
            !uneven(&among_others(&mut others, &template, &run)).is_empty()
        });
        let found = found.count();
        println!("a switch by {to} among 48 arms: found {found} of 100");
        assert!(found >= least, "{to}: {found}");
    }
}

/// Two modes in any order, 9 standard deviations apart; and samples that follow one another closely.
#[test]
fn modes_and_drift_are_found() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(4);
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    let modes: Vec<f64> = (0..30)
        .map(|i| if 7 * i % 30 < 14 { 1.0 } else { 1.3 } + 0.001 * f64::from(i % 7))
        .collect();
    let found = uneven(&among_others(&mut random, &template, &modes));
    assert_eq!(
        found.iter().map(|found| found.kind).collect::<Vec<_>>(),
        [Kind::Modes]
    );
    for by in [0.5, 0.8, 0.95] {
        let found = (0..100).filter(|_| {
            let run: Vec<_> = alike(&mut random, 30, by)
                .iter()
                .map(|v| (0.1 * v).exp())
                .collect();
            !uneven(&among_others(&mut random, &template, &run)).is_empty()
        });
        println!(
            "autocorrelation {by} among 48 arms: found {} of 100",
            found.count()
        );
    }
}

/// Makes a value of a distribution from a standard normal one.
type Shape = fn(f64) -> f64;

/// Whatever the distribution, as long as it has one mode: records of 48 arms with a false alarm are below one in twenty.
#[test]
fn quiet_records_are_not_doubted() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(6);
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    let shapes: [(&str, Shape); 3] = [
        ("normal", |v| 1.0 + 0.1 * v),
        ("skewed", |v| (0.5 * v).exp()),
        ("level", |v| 1.0 + 0.3 / (1.0 + (-1.7 * v).exp())),
    ];
    for (name, shape) in shapes {
        let doubted = (0..300).filter(|_| {
            let arm = |number| {
                let run = (0..30)
                    .map(|_| StandardNormal.sample(&mut random))
                    .map(shape);
                with(&template, number, &[run.collect()])
            };
            !uneven(&(0..48).map(arm).collect::<Vec<_>>()).is_empty()
        });
        let doubted = doubted.count();
        println!("{name}, 48 arms: {doubted} of 300 records doubted");
        assert!(doubted <= 15, "{name}: {doubted} of 300");
    }
}

/// A record of 24 arms in so many runs, which differ by 2 %.
fn record(random: &mut Xoshiro256PlusPlus, template: &Row, runs: usize) -> Analysis {
    let mut of = analysed(Vec::new(), &[]);
    let arm = |number| {
        let run = |_| {
            let off: f64 = StandardNormal.sample(random);
            let run = alike(random, 30, 0.3);
            run.iter().map(|v| (0.02 * (off + v)).exp()).collect()
        };
        let runs: Vec<Vec<f64>> = (0..runs).map(run).collect();
        let mut row = with(template, number, &runs);
        if let (1, Some(figures)) = (runs.len(), &mut row.figures) {
            figures.speedup = Estimate::of_runs(&runs);
        }
        row
    };
    of.rows = (0..24).map(arm).collect();
    of
}

#[test]
fn one_comparison_in_twenty_is_a_false_alarm_where_runs_are_known() {
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    for (before, after) in [(5, 5), (5, 2), (5, 1), (2, 2)] {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
        let mut alarm = || {
            let [old, new] = [before, after].map(|runs| record(&mut random, &template, runs));
            assert!(knows_runs(&old, &new));
            !changes(&old, &new).0.is_empty()
        };
        let alarms = (0..200).filter(|_| alarm()).count();
        println!("{before} runs against {after}: a false alarm in {alarms} of 200 comparisons");
        assert!(alarms <= 18, "{before}, {after}: {alarms} of 200");
    }
}

/// One run does not know how it differs from another, so that the promise is not made.
#[test]
fn what_one_run_does_not_know_is_said() {
    let template = row("pool", 2, "64x64", 1e3, 1.0);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(9);
    let mut alarms = 0;
    let says = "Each record is one run, and does not know how runs differ";
    for _ in 0..10 {
        let [old, new] = [1, 1].map(|runs| record(&mut random, &template, runs));
        alarms += changes(&old, &new).0.len();
        assert!(compare::text(&old, &new).contains(says));
    }
    println!("one run against one: {alarms} of 240 arms said to have changed");
    assert!(
        alarms > 12,
        "{alarms} of 240: then the promise could be made"
    );
    let several = record(&mut random, &template, 2);
    assert!(!compare::text(&several, &record(&mut random, &template, 2)).contains(says));
}
