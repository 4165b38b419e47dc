//! Ceilings, break-even and laws, from records whose answer is known.

use abreast::analyse::break_even::{PaysFrom, break_evens, earliest};
use abreast::analyse::ceiling::Ceilings;
use abreast::analyse::doubt::doubts;
use abreast::analyse::figures::Estimate;
use abreast::analyse::law::{self, Fit, Law, Parameters};
use abreast::analyse::{Analysis, Row, noise_floor};
use abreast::record::{Cache, Load, Machine, Of, Role};
use abreast::show::laws;
use proptest::prelude::*;

use crate::{declared, machine, row};

/// A record of `rows` on a machine.
fn of(rows: &[Row], machine: &Machine) -> Analysis {
    Analysis {
        declared: declared(&[]),
        machine: machine.clone(),
        rows: rows.to_vec(),
    }
}

/// What is said of the break-even of `rows`.
fn break_even(rows: &[Row]) -> String {
    let table = laws::break_even(&of(rows, &machine()));
    table.map_or_else(String::new, |table| table.text())
}

/// A row with an interval of so many percent on either side of its speedup.
fn within(percent: f64, mut row: Row) -> Row {
    if let Some(figures) = &mut row.figures {
        let median = figures.speedup.median;
        figures.speedup.low = median / (1.0 + percent / 100.0);
        figures.speedup.high = median * (1.0 + percent / 100.0);
    }
    row
}

#[test]
fn the_noise_floor_is_the_far_end_of_the_baseline_against_itself() {
    let rows = [
        within(3.0, row("serial", 1, "64x64", 1e3, 1.01)),
        within(50.0, row("rayon", 2, "64x64", 1e3, 2.0)),
    ];
    let shape = rows[0].key.size;
    let floor = noise_floor(&rows, shape).unwrap();
    assert!((floor - (1.01 * 1.03 - 1.0)).abs() < 1e-12);
    assert_eq!(noise_floor(&rows[1..], shape), None);
}

#[test]
fn the_lower_ceiling_applies() {
    // One thread takes 1 ns an element in cache, and 1.25 in memory, where the copy is twice as fast on any thread count.
    let large = "1000x1000";
    let rows = [
        row("serial", 1, "10x100", 1e3, 1.0),
        row("serial", 1, large, 1.25e6, 1.0),
        row("copy", 1, large, 1.0, 1.5),
        row("copy", 2, large, 1.0, 2.0),
        row("copy", 4, large, 1.0, 1.9),
    ];
    let shape = rows[1].key.size;
    let ceilings = Ceilings::new(&rows, 2);
    let bound = |threads| {
        let bound = ceilings.bound(shape, threads).unwrap();
        (bound.of, bound.speedup)
    };
    assert_eq!(bound(1), (Of::Cores, 1.25));
    assert_eq!(bound(2), (Of::Memory, 2.0));
    // More threads than cores take nothing away.
    assert_eq!(bound(4), (Of::Memory, 2.0));
    assert_eq!(ceilings.of_cores(shape, 4), Some(2.5));
    // A size without a copy has one ceiling only, and none that is known to apply.
    assert_eq!(ceilings.bound(rows[0].key.size, 2), None);
}

/// Four cores that share two: private data on each of them is 2.4 times as fast as on one, not 4.
#[test]
fn the_ceiling_of_cores_is_what_was_measured() {
    let private = |threads, speedup| {
        let mut row = row("private data", threads, "10x100", 1e3, speedup);
        row.role = Role::Ceiling(Of::Cores);
        row.oversubscribed = threads > 4;
        row
    };
    let rows = [
        row("serial", 1, "10x100", 1e3, 1.0),
        private(1, 1.0),
        private(2, 1.9),
        private(4, 2.4),
        private(8, 2.3),
        row("serial", 1, "1000x1000", 1.25e6, 1.0),
    ];
    let size = rows[5].key.size;
    let ceilings = Ceilings::new(&rows, 4);
    let of_cores = |threads| ceilings.of_cores(size, threads).unwrap();
    for (threads, together) in [(1, 1.0), (2, 1.9), (3, 1.9), (4, 2.4), (8, 2.4)] {
        let expected = 1.25 * together;
        assert!((of_cores(threads) - expected).abs() < 1e-9, "{threads}");
    }
    // Twice as many such cores do twice as much.
    let more = Ceilings::new(&rows, 8).of_cores(size, 8).unwrap();
    assert!((more - 1.25 * 4.8).abs() < 1e-9, "{more}");
}

/// A runtime whose call costs as much as `overhead` elements and then runs at twice the speed, measured at powers of two.
fn curve(runtime: &str, threads: usize, overhead: f64) -> Vec<Row> {
    let sizes = (10..20).map(|power| 1 << power);
    let rows = sizes.flat_map(|size: usize| {
        let speedup = size as f64 / (overhead + size as f64 / 2.0);
        let shape = format!("1x{size}");
        [
            within(0.1, row("serial", 1, &shape, size as f64, 1.0)),
            within(5.0, row(runtime, threads, &shape, 1.0, speedup)),
        ]
    });
    rows.collect()
}

#[test]
fn the_break_even_is_where_the_speedup_passes_one() {
    // 1 = n / (overhead + n / 2): n = 2 * overhead.
    let rows = curve("rayon", 2, 20_000.0);
    let found = break_evens(&rows);
    assert_eq!(found.len(), 1);
    let PaysFrom::Size(size) = found[0].from else {
        panic!("{found:?}");
    };
    assert!((size.median / 40_000.0 - 1.0).abs() < 0.04, "{size:?}");
    assert!(size.low < 40_000.0 && 41_200.0 < size.high, "{size:?}");
    assert!(size.low > 30_000.0 && size.high < 50_000.0, "{size:?}");
    assert!(
        break_even(&rows).contains("On this machine, below 41.2k elements stay serial; from there on use rayon on 2 threads."),
        "{}",
        break_even(&rows)
    );
}

#[test]
fn where_more_threads_gain_more_is_said() {
    let arm = |threads, shape, speedup| {
        let mut row = within(1.0, row("pool", threads, shape, 1e3, speedup));
        row.oversubscribed = threads > 8;
        row
    };
    let rows = [
        arm(2, "1x1024", 0.5),
        arm(8, "1x1024", 0.2),
        arm(2, "1x8192", 1.5),
        arm(8, "1x8192", 0.8),
        arm(2, "1x65536", 1.9),
        arm(8, "1x65536", 4.0),
        arm(16, "1x65536", 5.0),
    ];
    let words = break_even(&rows);
    assert!(
        words.contains("from there on use pool on 2 threads, and on 8 from 65.5k on."),
        "{words}"
    );
}

#[test]
fn what_always_or_never_pays_is_said_to() {
    let always = break_evens(&curve("pool", 2, 0.0));
    assert_eq!(always[0].from, PaysFrom::Always(1024));
    let rows = curve("threads", 2, 1e9);
    let never = break_evens(&rows);
    assert_eq!(never[0].from, PaysFrom::Never(1 << 19));
    assert!(
        break_even(&rows).contains("stay serial up to 524k elements at least: nothing beat it")
    );
    assert_eq!(earliest(&never), None);
    // Threads that outnumber the cores are shown, and not advised.
    let both = [always, break_evens(&curve("pool", 4, 0.0))].concat();
    assert_eq!(earliest(&both).map(|b| b.threads), Some(2));
    assert_eq!(earliest(&both[1..]), None);
    assert_eq!(break_even(&[]), "");
}

/// A win within the noise floor is none.
#[test]
fn noise_is_not_a_break_even() {
    let mut rows = curve("rayon", 2, 20_000.0);
    for row in rows.iter_mut().filter(|row| row.role == Role::Baseline) {
        *row = within(20.0, row.clone());
    }
    let found = break_evens(&rows);
    // 1.2 = n / (20000 + n / 2): n = 60000.
    let PaysFrom::Size(size) = found[0].from else {
        panic!("{found:?}");
    };
    assert!((size.median / 60_000.0 - 1.0).abs() < 0.03, "{size:?}");
}

fn exactly(median: f64) -> Estimate {
    Estimate {
        median,
        low: median,
        high: median,
    }
}

#[test]
fn too_few_points_get_no_law() {
    let points: Vec<_> = (1..=4).map(|n| (n, exactly(n as f64))).collect();
    assert!(Fit::new(Law::Amdahl, &points[..1]).is_none());
    assert!(Fit::new(Law::Amdahl, &points[..2]).is_some());
    assert!(Fit::new(Law::Usl, &points[..3]).is_none());
    assert!(Fit::new(Law::Usl, &points).is_some());
    let alone = [row("rayon", 1, "64x64", 1.0, 1.0)];
    assert!(
        laws::laws(&of(&alone, &machine()))
            .text()
            .contains("No law was fitted")
    );
}

/// Two points and Amdahl's law: worked out by hand.
#[test]
fn two_points_make_amdahls_law_a_forecast() {
    let rows = [
        row("serial", 1, "64x64", 4096.0, 1.0),
        row("pool", 1, "64x64", 1.0, 1.0),
        row("pool", 2, "64x64", 1.0, 1.6),
        // Oversubscribed: not a point of the law.
        row("pool", 4, "64x64", 1.0, 0.1),
    ];
    let curves = law::curves(&rows);
    assert_eq!(curves.len(), 1);
    let fit = &curves[0].fit;
    // S(2) = 2 / (1 + σ) = 1.6.
    assert!((fit.best.contention - 0.25).abs() < 1e-9);
    assert!(fit.residual < 1e-9);
    let contention = fit.estimate(|p| p.contention);
    assert!(
        contention.low < 0.25 && contention.high > 0.35,
        "{contention:?}"
    );
    let mut machine = machine();
    machine.caches = vec![Cache {
        level: 3,
        kind: "Unified".to_owned(),
        bytes: 1 << 20,
        shared_by: "0-1".to_owned(),
    }];
    let (speedup, bounded) = law::forecast(&of(&rows, &machine), rows[0].key.size, 4, &fit.best);
    assert!((speedup - 4.0 / 1.75).abs() < 1e-9 && !bounded);
    let text = laws::laws(&of(&rows, &machine)).text();
    for what in [
        "κ takes 4 such thread counts and there are 2",
        "It meets two points exactly",
        "Forecast, not measured",
    ] {
        assert!(text.contains(what), "{text}");
    }
    // A size in memory gets no faster than the copy.
    machine.caches[0].bytes = 1 << 10;
    let with_copy = [&rows[..], &[row("copy", 2, "64x64", 1.0, 1.7)]].concat();
    let at = |cores| {
        law::forecast(
            &of(&with_copy, &machine),
            rows[0].key.size,
            cores,
            &fit.best,
        )
    };
    assert_eq!(at(64), (1.7, true));
    // Nothing tests such a law: it is asked about twice the cores, and no more.
    assert_eq!((curves[0].reach(), law::asked(&curves)), (4, vec![4]));
    let tested = [1, 2, 3, 4].map(|n| {
        let mut row = row("pool", n, "64x64", 1.0, n as f64);
        row.oversubscribed = false;
        row
    });
    let tested = law::curves(&tested);
    assert_eq!(
        (tested[0].reach(), law::asked(&tested)),
        (64, vec![8, 16, 64])
    );
    assert!(
        laws::laws(&of(&with_copy, &machine))
            .text()
            .contains("≤ 1.70")
    );
}

#[test]
fn what_makes_figures_doubtful_is_said() {
    let mut quiet = machine();
    quiet.governor = None;
    quiet.quota_cores = None;
    quiet.affinity = Some("2-4,8".to_owned());
    quiet.load_before = Some(Load {
        others: 0.02,
        stolen: 0.0,
    });
    assert_eq!(doubts(&quiet, &[]), []);
    let said = |change: &dyn Fn(&mut Machine), rows: &[Row]| {
        let mut machine = quiet.clone();
        change(&mut machine);
        doubts(&machine, rows)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let busy = said(
        &|m| {
            m.load_during = Some(Load {
                others: 0.97,
                stolen: 0.0,
            });
        },
        &[],
    );
    assert_eq!(
        busy,
        "other processes used 0.97 of the 2 cores during the run: stop them and measure again"
    );
    let stolen = said(
        &|m| {
            m.load_during = Some(Load {
                others: 0.0,
                stolen: 0.4,
            });
        },
        &[],
    );
    assert_eq!(
        stolen,
        "the hypervisor kept back 0.40 of the 2 cores during the run"
    );
    assert!(said(&|m| m.quota_cores = Some(1.5), &[]).contains("a quota grants 1.50 cores"));
    // A whole number is no better: two cores' time for threads on four CPUs.
    assert!(said(&|m| m.quota_cores = Some(2.0), &[]).contains("a quota grants 2.00 cores"));
    assert_eq!(said(&|m| m.quota_cores = Some(4.0), &[]), "");
    assert!(said(&|m| m.governor = Some("powersave".to_owned()), &[]).contains("`powersave`"));
    let noisy = [
        within(1.0, row("serial", 1, "64x64", 1e3, 1.0)),
        within(8.0, row("serial", 1, "128x128", 1e3, 1.0)),
    ];
    let noise = said(&|_| {}, &noisy);
    assert!(
        noise.contains("up to 8.0 % (at 128x128; more than 5 % at 1 of 2 sizes)"),
        "{noise}"
    );
}

proptest! {
    /// Curves that follow the law exactly give its parameters back.
    #[test]
    fn known_parameters_are_recovered(
        rate in 0.5f64..2.0,
        contention in 0.0f64..0.5,
        coherence in 0.0f64..0.05,
        counts in prop::collection::btree_set(1usize..64, 4..12),
    ) {
        let truth = Parameters { rate, contention, coherence };
        let points: Vec<_> = counts.iter().map(|&n| (n, exactly(truth.at(n as f64)))).collect();
        let fit = Fit::new(Law::Usl, &points).unwrap();
        for n in [1.0, 4.0, 16.0, 64.0] {
            prop_assert!((fit.best.at(n) / truth.at(n) - 1.0).abs() < 1e-4, "{fit:?}");
        }
        prop_assert!(fit.residual < 1e-6);
    }

    /// Whatever was measured, a law has parameters that make sense.
    #[test]
    fn parameters_are_never_negative(speedups in prop::collection::vec(0.01f64..100.0, 4..10)) {
        let points: Vec<_> = (1..).zip(speedups.iter().map(|&s| exactly(s))).collect();
        for law in [Law::Amdahl, Law::Usl] {
            let Parameters { rate, contention, coherence } = Fit::new(law, &points).unwrap().best;
            prop_assert!(rate > 0.0 && contention >= 0.0 && coherence >= 0.0);
        }
    }
}

/// Points with 2 % of noise on a known curve: the intervals hold the parameters nearly always.
#[test]
fn intervals_hold_known_parameters() {
    use rand::SeedableRng;
    let mut random = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(7);
    let truth = Parameters {
        rate: 1.0,
        contention: 0.1,
        coherence: 0.005,
    };
    let held = (0..100).filter(|_| {
        let points = [1, 2, 4, 8, 16, 32].map(|n| {
            let exact = truth.at(n as f64);
            let spread = |median: f64| Estimate {
                median,
                low: median / 1.04,
                high: median * 1.04,
            };
            (n, spread(spread(exact).draw(&mut random)))
        });
        let fit = Fit::new(Law::Usl, &points).unwrap();
        let (contention, coherence) = (
            fit.estimate(|p| p.contention),
            fit.estimate(|p| p.coherence),
        );
        contention.low <= 0.1
            && 0.1 <= contention.high
            && coherence.low <= 0.005
            && 0.005 <= coherence.high
    });
    let held = held.count();
    assert!(
        held >= 88,
        "both intervals held the truth {held} times of 100"
    );
}
