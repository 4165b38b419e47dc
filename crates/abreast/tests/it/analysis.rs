//! Figures from samples whose answer is known.

use abreast::analyse::Row;
use abreast::analyse::figures::{Estimate, Figures, median};
use abreast::analyse::verdict::{Verdict, between, front, verdict};
use abreast::record::{Outcome, Pair, Sample};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, LogNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

fn figures(samples: &[Sample]) -> Option<Figures> {
    Figures::new(samples, None)
}

/// A turn in which both sides made one call.
fn turn(ns: f64, baseline_ns: f64) -> Sample {
    turn_of(1, ns, 1, baseline_ns)
}

fn turn_of(iterations: u64, ns: f64, baseline_iterations: u64, baseline_ns: f64) -> Sample {
    Sample {
        run: 0,
        round: 0,
        pair: Pair {
            iterations,
            ns,
            baseline_iterations,
            baseline_ns,
        },
        busy: Some(1.5),
        alone_cpu_ns: Some(100.0),
        took_part: Some(2.0),
        imbalance: Some(1.25),
    }
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    // Per call: 10, 12, 11, 20; the baseline beside them: 20, 24, 22, 20.
    let samples = [
        turn_of(2, 20.0, 1, 20.0),
        turn_of(1, 12.0, 2, 48.0),
        turn_of(3, 33.0, 1, 22.0),
        turn_of(1, 20.0, 1, 20.0),
    ];
    let figures = self::figures(&samples).unwrap();
    assert_eq!(figures.samples, 4);
    assert_eq!(figures.ns.median, 11.5);
    assert_eq!(figures.mad_ns, 1.0);
    assert_eq!(figures.min_ns, 10.0);
    assert_eq!(figures.baseline_ns, 21.0);
    assert_eq!(figures.speedup.median, 2.0);
    assert_eq!(
        (figures.busy, figures.alone_cpu_ns),
        (Some(1.5), Some(100.0))
    );
    assert_eq!(
        (figures.took_part, figures.imbalance),
        (Some(2.0), Some(1.25))
    );
}

#[test]
fn one_sample_says_nothing() {
    assert!(figures(&[]).is_none());
    assert!(figures(&[turn(1.0, 1.0)]).is_none());
}

/// A machine that slows down to half its speed during the run changes both sides of a pair, and so not the speedup.
#[test]
fn drift_cancels_in_pairs() {
    let samples: Vec<_> = (0..30)
        .map(|i| 1.0 + f64::from(i) / 30.0)
        .map(|slow| turn(100.0 * slow, 170.0 * slow))
        .collect();
    let figures = self::figures(&samples).unwrap();
    assert!((figures.speedup.median - 1.7).abs() < 1e-9);
    assert!(figures.speedup.high - figures.speedup.low < 1e-9);
    assert!(figures.ns.high > 1.1 * figures.ns.low);
}

/// Speedups from `tries` runs of 30 pairs each, with so much noise on every time, on a machine that drifts to half its speed.
fn tries(tries: usize, speedup: f64, noise: f64) -> impl Iterator<Item = Estimate> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(2026);
    // Times are never negative, and their noise is skewed.
    let noise = LogNormal::new(0.0, noise).unwrap();
    (0..tries).map(move |_| {
        let samples = (0..30).map(|i| {
            let slow = 100.0 * (1.0 + f64::from(i) / 30.0);
            let mut noisy = |ns: f64| ns * slow * noise.sample(&mut random);
            turn(noisy(1.0), noisy(speedup))
        });
        figures(&samples.collect::<Vec<_>>()).unwrap().speedup
    })
}

#[test]
fn a_true_speedup_lies_within_its_interval() {
    let held = tries(100, 1.7, 0.3).filter(|s| s.low <= 1.7 && 1.7 <= s.high);
    let held = held.count();
    assert!(
        held >= 93,
        "the interval held the truth {held} times of 100"
    );
    // And is no wider than it must be: 30 pairs of such times tell 1.7 from 1.
    assert!(tries(100, 1.7, 0.3).all(|s| s.low > 1.0));
}

#[test]
fn the_same_against_itself_is_no_difference() {
    for noise in [0.02, 0.3] {
        let different =
            tries(100, 1.0, noise).filter(|&s| verdict(s, 0.0) != Verdict::NoDifference);
        let different = different.count();
        assert!(
            different <= 7,
            "an A/A pair was called different {different} times of 100"
        );
    }
}

#[test]
fn three_percent_are_found_under_two_percent_of_noise() {
    let floor = 0.01;
    // 3 % are 4.6 standard errors of the median of 30 such pairs, and an interval of 95 % takes 2.2 of them to either side.
    let found = |speedup, is| {
        let found = tries(100, speedup, 0.02).filter(|&s| verdict(s, floor) == is);
        found.count()
    };
    let (slower, faster) = (found(0.97, Verdict::Slower), found(1.03, Verdict::Faster));
    assert!(slower >= 97 && faster >= 97, "{slower}, {faster} of 100");
}

#[test]
fn what_is_within_the_noise_floor_is_no_difference() {
    let around = |median: f64| Estimate {
        median,
        low: median - 0.01,
        high: median + 0.01,
    };
    assert_eq!(verdict(around(1.04), 0.05), Verdict::NoDifference);
    assert_eq!(verdict(around(0.96), 0.05), Verdict::NoDifference);
    assert_eq!(verdict(around(1.06), 0.05), Verdict::Faster);
    assert_eq!(verdict(around(0.94), 0.05), Verdict::Slower);
    assert_eq!(verdict(around(1.005), 0.0), Verdict::NoDifference);
}

/// Two arms whose every round is slowed by its own minute: 1 % between them is found, although each alone spreads by a tenth.
#[test]
fn contenders_are_compared_round_by_round() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(12);
    let minute = LogNormal::new(0.0, 0.1).unwrap();
    let noise = LogNormal::new(0.0, 0.005).unwrap();
    let minutes: Vec<f64> = (0..30).map(|_| minute.sample(&mut random)).collect();
    let mut arm = |name: &str, ns: f64| {
        let mut taken = crate::taken(name, 2, "64x64", 1.0, 1.0);
        if let Outcome::Measured { samples, .. } = &mut taken.outcome {
            *samples = (0..30)
                .map(|round| Sample {
                    run: 0,
                    round,
                    ..turn(ns * minutes[round] * noise.sample(&mut random), 100.0)
                })
                .collect();
        }
        Row::new(taken, 2)
    };
    let (one, other, same) = (arm("one", 100.0), arm("other", 101.0), arm("same", 100.0));
    let ratio = between(&one, &other).unwrap();
    assert_eq!(verdict(ratio, 0.0), Verdict::Faster, "{ratio:?}");
    let ratio = between(&one, &same).unwrap();
    assert!(ratio.low < 1.0 && 1.0 < ratio.high && ratio.high - ratio.low < 0.02);
    let rows = [one, other, same];
    let front: Vec<_> = front(&rows).iter().map(|row| row.key.arm.clone()).collect();
    assert!(
        front.contains(&"one".to_owned()) && front.contains(&"same".to_owned()) && front.len() == 2,
        "{front:?}"
    );
}

/// Draws from an estimate lie in its interval as often as it says.
#[test]
fn draws_are_as_wide_as_the_interval() {
    let estimate = Estimate {
        median: 2.0,
        low: 2.0 / 1.2,
        high: 2.0 * 1.2,
    };
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let draws: Vec<_> = (0..10_000).map(|_| estimate.draw(&mut random)).collect();
    let held = draws
        .iter()
        .filter(|&&d| estimate.low <= d && d <= estimate.high);
    let held = held.count();
    assert!((9400..=9600).contains(&held), "{held} of 10000");
    assert!((median(draws) - 2.0).abs() < 0.01);
}

proptest! {
    #[test]
    fn estimates_lie_within_their_intervals_and_scale(
        times in prop::collection::vec((1.0f64..1e9, 1.0f64..1e9), 2..60),
        scale in 0.001f64..1000.0,
    ) {
        let samples: Vec<_> = times.iter().map(|&(ns, serial)| turn(ns, serial)).collect();
        let figures = self::figures(&samples).unwrap();
        for estimate in [figures.ns, figures.speedup] {
            prop_assert!(estimate.low <= estimate.median && estimate.median <= estimate.high);
        }
        prop_assert!(figures.min_ns <= figures.ns.low);

        let scaled: Vec<_> = times.iter().map(|&(ns, serial)| turn(ns * scale, serial * scale)).collect();
        let scaled = self::figures(&scaled).unwrap();
        prop_assert!((scaled.ns.median / figures.ns.median / scale - 1.0).abs() < 1e-9);
        prop_assert!((scaled.speedup.median / figures.speedup.median - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_median_has_as_many_below_as_above(values in prop::collection::vec(-1e9f64..1e9, 1..50)) {
        let median = median(values.clone());
        prop_assert!(values.iter().filter(|&&v| v < median).count() <= values.len() / 2);
        prop_assert!(values.iter().filter(|&&v| v > median).count() <= values.len() / 2);
    }
}
