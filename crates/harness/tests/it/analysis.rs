//! Figures from samples whose answer is known.

use harness::analyse::{Pair, analyse, median};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus;

fn pair(ns: f64, baseline_ns: f64) -> Pair {
    Pair {
        iterations: 1,
        ns,
        baseline_iterations: 1,
        baseline_ns,
    }
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    // Per call: 10, 12, 11, 20; the baseline beside them: 20, 24, 22, 20.
    let pairs = [
        Pair {
            iterations: 2,
            ns: 20.0,
            baseline_iterations: 1,
            baseline_ns: 20.0,
        },
        Pair {
            iterations: 1,
            ns: 12.0,
            baseline_iterations: 2,
            baseline_ns: 48.0,
        },
        Pair {
            iterations: 3,
            ns: 33.0,
            baseline_iterations: 1,
            baseline_ns: 22.0,
        },
        Pair {
            iterations: 1,
            ns: 20.0,
            baseline_iterations: 1,
            baseline_ns: 20.0,
        },
    ];
    let figures = analyse(&pairs).unwrap();
    assert_eq!(figures.samples, 4);
    assert_eq!(figures.ns.median, 11.5);
    assert_eq!(figures.mad_ns, 1.0);
    assert_eq!(figures.min_ns, 10.0);
    assert_eq!(figures.speedup.median, 2.0);
}

#[test]
fn one_sample_says_nothing() {
    assert!(analyse(&[]).is_none());
    assert!(analyse(&[pair(1.0, 1.0)]).is_none());
}

/// A machine that slows down to half its speed during the run changes both sides of a pair, and so not the speedup.
#[test]
fn drift_cancels_in_pairs() {
    let pairs: Vec<_> = (0..30)
        .map(|i| 1.0 + f64::from(i) / 30.0)
        .map(|slow| pair(100.0 * slow, 170.0 * slow))
        .collect();
    let figures = analyse(&pairs).unwrap();
    assert!((figures.speedup.median - 1.7).abs() < 1e-9);
    assert!(figures.speedup.high - figures.speedup.low < 1e-9);
    assert!(figures.ns.high > 1.1 * figures.ns.low);
}

/// The 95 % interval holds the true speedup in about 95 of 100 experiments: in at least 88 of these seeded ones.
#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let noise = Normal::new(1.0f64, 0.1).unwrap();
    let held = (0..100)
        .filter(|_| {
            let pairs: Vec<_> = (0..30)
                .map(|_| {
                    pair(
                        100.0 * noise.sample(&mut random),
                        170.0 * noise.sample(&mut random),
                    )
                })
                .collect();
            let speedup = analyse(&pairs).unwrap().speedup;
            speedup.low <= 1.7 && 1.7 <= speedup.high
        })
        .count();
    assert!(
        (88..=99).contains(&held),
        "the interval held the truth {held} times of 100"
    );
}

proptest! {
    #[test]
    fn estimates_lie_within_their_intervals_and_scale(
        times in prop::collection::vec((1.0f64..1e9, 1.0f64..1e9), 2..60),
        scale in 0.001f64..1000.0,
    ) {
        let pairs: Vec<_> = times.iter().map(|&(ns, serial)| pair(ns, serial)).collect();
        let figures = analyse(&pairs).unwrap();
        for estimate in [figures.ns, figures.speedup] {
            prop_assert!(estimate.low <= estimate.median && estimate.median <= estimate.high);
        }
        prop_assert!(figures.min_ns <= figures.ns.low);

        let scaled: Vec<_> = times.iter().map(|&(ns, serial)| pair(ns * scale, serial * scale)).collect();
        let scaled = analyse(&scaled).unwrap();
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
