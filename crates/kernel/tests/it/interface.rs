//! Levels, panics and special values.

use sigmul_kernel::{Level, Sigmul, sigmul, sigmul_in_place};

#[test]
fn no_level_of_this_cpu_is_left_out() {
    let names: Vec<_> = Level::available().iter().map(|l| l.name()).collect();
    let expected: Vec<_> = [
        #[cfg(target_arch = "x86_64")]
        (is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw"))
        .then_some("avx512"),
        #[cfg(target_arch = "x86_64")]
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some("avx2"),
        Some("portable"),
    ]
    .into_iter()
    .flatten()
    .collect();
    assert_eq!(names, expected);
    assert_eq!(Level::best(), Level::available()[0]);
}

#[test]
fn special_values() {
    let smallest = f32::from_bits(1);
    let cases = [
        (0.0, 0.0),
        (-0.0, -0.0),
        (f32::INFINITY, f32::INFINITY),
        (f32::NEG_INFINITY, f32::NAN),
        (f32::NAN, f32::NAN),
        (-f32::NAN, f32::NAN),
        (f32::MAX, f32::MAX),
        (f32::MIN, -0.0),
        (-110.0, -0.0),
        (-1e30, -0.0),
        (100.0, 100.0),
        // Half of the smallest subnormal: a tie, to even.
        (smallest, 0.0),
        (-smallest, -0.0),
        (f32::MIN_POSITIVE, f32::MIN_POSITIVE / 2.0),
    ];
    let input = cases.map(|(x, _)| x);
    for level in Level::available() {
        let mut output = input;
        Sigmul::new(level).apply(&input, &mut output);
        for ((x, expected), y) in cases.iter().zip(output) {
            if expected.is_nan() {
                assert!(y.is_nan(), "{}: {x} gave {y}", level.name());
            } else {
                assert_eq!(
                    y.to_bits(),
                    expected.to_bits(),
                    "{}: {x} gave {y}",
                    level.name()
                );
            }
        }
    }
}

#[test]
#[should_panic(expected = "the input has 3 elements and the output 4")]
fn lengths_must_agree() {
    sigmul(&[0.0; 3], &mut [0.0; 4]);
}

#[test]
#[should_panic(expected = "the input has 4 elements and the output 3")]
fn lengths_must_agree_when_streaming() {
    Sigmul::new(Level::best())
        .streaming(true)
        .apply(&[0.0; 4], &mut [0.0; 3]);
}

#[test]
#[should_panic(expected = "dy has 2 elements, x 3 and dx 3")]
fn lengths_of_gradients_must_agree() {
    Sigmul::new(Level::best()).gradient(&[0.0; 2], &[0.0; 3], &mut [0.0; 3]);
}

#[test]
fn only_what_exceeds_a_cache_streams() {
    assert!(!Sigmul::for_len(0).streams());
    assert!(!Sigmul::for_len(1000).streams());
    assert!(Sigmul::for_len(usize::MAX).streams());
    assert_eq!(Sigmul::for_len(1000), Sigmul::new(Level::best()));
}

#[test]
fn the_functions_are_the_best_level() {
    let input: Vec<f32> = (0_i16..1000).map(|i| f32::from(i) / 37.0 - 13.0).collect();
    let mut expected = vec![0.0; input.len()];
    Sigmul::new(Level::best()).apply(&input, &mut expected);
    let mut output = vec![0.0; input.len()];
    sigmul(&input, &mut output);
    assert_eq!(output, expected);
    let mut data = input;
    sigmul_in_place(&mut data);
    assert_eq!(data, expected);
}
