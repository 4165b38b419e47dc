//! A result depends on the element alone: not on the length, the alignment, the
//! neighbours, nor the way of storing.

use proptest::prelude::*;
use sigmul_kernel::{Level, Sigmul};

/// Elements of every sort, never twice the same.
fn sample(n: usize) -> Vec<f32> {
    let mut bits = 0x9e37_79b9_u32;
    (0..n)
        .map(|i| {
            bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            match i % 97 {
                // Any representation: huge, tiny, NaN.
                0 => f32::from_bits(bits),
                1..48 => (bits >> 8) as f32 / (1 << 19) as f32 - 16.0,
                // Long runs within the narrow range, so that both forms run.
                _ => (bits >> 8) as f32 / (1 << 20) as f32 - 8.0,
            }
        })
        .collect()
}

fn bits(values: &[f32]) -> Vec<u32> {
    // NaNs may differ in payload, which nothing promises.
    values
        .iter()
        .map(|v| {
            if v.is_nan() {
                f32::NAN.to_bits()
            } else {
                v.to_bits()
            }
        })
        .collect()
}

fn one_by_one(kernel: Sigmul, input: &[f32]) -> Vec<f32> {
    let mut output = vec![1.0; input.len()];
    for (x, y) in input.chunks(1).zip(output.chunks_mut(1)) {
        kernel.apply(x, y);
    }
    output
}

/// A slice that starts `offset` elements past a cache line, in `memory`.
fn at_offset(memory: &mut [f32], offset: usize, n: usize) -> &mut [f32] {
    let line = (64 - memory.as_ptr().addr() % 64) % 64 / 4;
    &mut memory[line + offset..][..n]
}

#[test]
fn every_length_and_alignment() {
    let most = 300;
    for level in Level::available() {
        let plain = Sigmul::new(level);
        let all = sample(most);
        let expected = one_by_one(plain, &all);
        let (mut from, mut to) = (vec![0.0; most + 64], vec![0.0; most + 64]);
        for n in 0..=most {
            for (i, o) in (0..16).flat_map(|i| [(i, 0), (0, i), (i, i), (i, 15 - i)]) {
                let x = at_offset(&mut from, i, n);
                x.copy_from_slice(&all[..n]);
                for streams in [false, true] {
                    to.fill(7.0);
                    let y = at_offset(&mut to, o, n);
                    plain.streaming(streams).apply(x, y);
                    assert_eq!(
                        bits(y),
                        bits(&expected[..n]),
                        "{} {n} {i} {o} {streams}",
                        level.name()
                    );
                    assert_eq!(
                        to.iter().filter(|y| **y == 7.0).count(),
                        to.len() - n,
                        "wrote outside"
                    );
                }
                plain.apply_in_place(x);
                assert_eq!(
                    bits(x),
                    bits(&expected[..n]),
                    "{} {n} {i} in place",
                    level.name()
                );
            }
        }
    }
}

#[test]
fn streaming_gives_the_same_bits() {
    let input = sample(20_000);
    for level in Level::available() {
        let mut expected = vec![0.0; input.len()];
        Sigmul::new(level).apply(&input, &mut expected);
        let mut memory = vec![0.0; input.len() + 64];
        for offset in 0..16 {
            for skip in [0, 1, 5, 16] {
                let n = input.len() - skip;
                let output = at_offset(&mut memory, offset, n);
                Sigmul::new(level)
                    .streaming(true)
                    .apply(&input[skip..], output);
                assert_eq!(
                    bits(output),
                    bits(&expected[skip..]),
                    "{} {offset} {skip}",
                    level.name()
                );
            }
        }
    }
}

#[test]
fn narrow_and_wide_forms_give_the_same_bits() {
    // The same elements, with and without one that forces the wide form.
    let steps = 200_000;
    for level in Level::available() {
        let kernel = Sigmul::new(level);
        for k in 0..steps {
            let x = (k as f32 / steps as f32 * 2.0 - 1.0) * 16.0_f32.next_down();
            let (mut narrow, mut wide) = ([x, 0.0], [x, f32::INFINITY]);
            kernel.apply_in_place(&mut narrow);
            kernel.apply_in_place(&mut wide);
            assert_eq!(
                narrow[0].to_bits(),
                wide[0].to_bits(),
                "{} {x}",
                level.name()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 256,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn cutting_anywhere_changes_nothing(
        input in prop::collection::vec(prop::num::f32::ANY, 0..600),
        cut in 0.0..1.0_f64,
        streams: bool,
    ) {
        let cut = (input.len() as f64 * cut) as usize;
        for level in Level::available() {
            let kernel = Sigmul::new(level).streaming(streams);
            let mut whole = vec![0.0; input.len()];
            kernel.apply(&input, &mut whole);
            let mut pieces = vec![0.0; input.len()];
            kernel.apply(&input[..cut], &mut pieces[..cut]);
            kernel.apply(&input[cut..], &mut pieces[cut..]);
            prop_assert_eq!(bits(&whole), bits(&pieces));
        }
    }

    #[test]
    fn cutting_changes_no_gradient(
        x in prop::collection::vec(prop::num::f32::ANY, 0..300),
        cut in 0.0..1.0_f64,
    ) {
        let cut = (x.len() as f64 * cut) as usize;
        let dy = sample(x.len());
        for level in Level::available() {
            let kernel = Sigmul::new(level);
            let mut whole = vec![0.0; x.len()];
            kernel.gradient(&dy, &x, &mut whole);
            let mut pieces = vec![0.0; x.len()];
            kernel.gradient(&dy[..cut], &x[..cut], &mut pieces[..cut]);
            kernel.gradient(&dy[cut..], &x[cut..], &mut pieces[cut..]);
            prop_assert_eq!(bits(&whole), bits(&pieces));
        }
    }
}
