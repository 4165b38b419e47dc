//! At most 1 ULP from the exact value.

use sigmul_kernel::reference::{exact, exact_gradient, naive, ulp_error, ulp_error_from};
use sigmul_kernel::{Level, MAX_GRADIENT_ULP, MAX_ULP, Sigmul};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Copy)]
struct Worst {
    error: f64,
    x: f32,
    y: f32,
    /// Of the representations of all results. NaN counts as zero.
    sum: u64,
}

impl Worst {
    const NONE: Worst = Worst {
        error: 0.0,
        x: 0.0,
        y: 0.0,
        sum: 0,
    };

    fn see(&mut self, error: f64, x: f32, y: f32) {
        if error > self.error {
            (self.error, self.x, self.y) = (error, x, y);
        }
        if !y.is_nan() {
            self.sum = self.sum.wrapping_add(u64::from(y.to_bits()));
        }
    }

    fn join(&mut self, other: Worst) {
        let sum = self.sum.wrapping_add(other.sum);
        if other.error > self.error {
            *self = other;
        }
        self.sum = sum;
    }
}

#[test]
fn sampled() {
    let input: Vec<f32> = (0..=u32::MAX).step_by(1009).map(f32::from_bits).collect();
    let mut output = vec![0.0; input.len()];
    for level in Level::available() {
        Sigmul::new(level).apply(&input, &mut output);
        let mut worst = Worst::NONE;
        for (x, y) in input.iter().zip(&output) {
            worst.see(ulp_error(*y, *x), *x, *y);
        }
        let Worst { error, x, y, .. } = worst;
        assert!(
            error <= MAX_ULP,
            "{}: {error} ULP at {x:?} ({y:?})",
            level.name()
        );
    }
}

#[test]
fn gradient_sampled() {
    let everywhere = (0..=u32::MAX).step_by(1009).map(f32::from_bits);
    let x: Vec<f32> = everywhere
        .chain((-2_000_000..2_000_000).map(|k| k as f32 * 1e-5))
        .collect();
    let mut dx = vec![0.0; x.len()];
    for level in Level::available() {
        Sigmul::new(level).gradient(&vec![1.0; x.len()], &x, &mut dx);
        for (&x, &dx) in x.iter().zip(&dx) {
            let exact = exact_gradient(x);
            let near_zero = (x + 1.278).abs() < 0.3;
            let held = if near_zero {
                (f64::from(dx) - exact).abs() <= 1.0 / (1 << 23) as f64
            } else {
                ulp_error_from(dx, exact) <= MAX_GRADIENT_ULP
            };
            assert!(held, "{}: {dx:?} at {x:?}, {exact:?}", level.name());
        }
    }
}

/// The sum over all results of a level. The portable level has one for targets
/// with a fused multiply-add and one for those without. That of AVX-512 holds
/// where the CPU's [`estimates`] are those it was taken with.
const SUMS: [(&str, u64); 4] = [
    ("avx512", 0x67c42e071cbbe99d),
    ("avx2", 0x67c42e071ceb8cc1),
    ("portable", 0x67c42e071cc61020),
    ("portable", 0x67c42e071cbb8a43),
];

/// The sum over the CPU's estimates of `1 / d` for each `d` of one binade: only their
/// error is specified, and with another make of CPU last bits may differ.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn estimates() -> u64 {
    use std::arch::x86_64::{_mm512_cvtss_f32, _mm512_rcp14_ps, _mm512_set1_ps};

    #[target_feature(enable = "avx512f")]
    fn sum() -> u64 {
        let binade = 1.0_f32.to_bits()..2.0_f32.to_bits();
        let estimate = |d| _mm512_cvtss_f32(_mm512_rcp14_ps(_mm512_set1_ps(f32::from_bits(d))));
        binade.map(|d| u64::from(estimate(d).to_bits())).sum()
    }

    // SAFETY: called for the level of that name, which the CPU has.
    unsafe { sum() }
}

/// [`estimates`] where the sum for AVX-512 was taken: on Zen 4.
#[cfg(target_arch = "x86_64")]
const ESTIMATES: u64 = 0x1f_98b9_3e8e_8200;

/// Whether the sum over the results of the level called `name` is known.
fn has_known_sum(name: &str) -> bool {
    #[cfg(target_arch = "x86_64")]
    if name == "avx512" {
        return estimates() == ESTIMATES;
    }
    let _ = name;
    true
}

/// Every `f32` at every level, on every core; the truth is computed once for
/// all levels. Prints the worst of each.
#[test]
#[ignore = "2^32 evaluations in f64: a minute or so in release"]
fn exhaustive() {
    const PIECE: u64 = 1 << 16;
    let levels = Level::available();
    let worst = Mutex::new(vec![Worst::NONE; levels.len()]);
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut mine = vec![Worst::NONE; levels.len()];
                let mut output = vec![0.0; PIECE as usize];
                loop {
                    let start = next.fetch_add(PIECE, Ordering::Relaxed);
                    if start > u64::from(u32::MAX) {
                        break;
                    }
                    let input: Vec<f32> = (start..start + PIECE)
                        .map(|b| f32::from_bits(b as u32))
                        .collect();
                    let truth: Vec<f64> = input.iter().map(|x| exact(*x)).collect();
                    for (level, worst) in levels.iter().zip(&mut mine) {
                        Sigmul::new(*level).apply(&input, &mut output);
                        for ((x, y), truth) in input.iter().zip(&output).zip(&truth) {
                            worst.see(ulp_error_from(*y, *truth), *x, *y);
                        }
                    }
                }
                for (all, mine) in worst.lock().unwrap().iter_mut().zip(mine) {
                    all.join(mine);
                }
            });
        }
    });
    let worst = worst.into_inner().unwrap();
    for (level, worst) in levels.iter().zip(&worst) {
        let Worst { error, x, y, sum } = worst;
        let (name, bits) = (level.name(), x.to_bits());
        println!(
            "{name:9} at most {error:.6} ULP, at {x:?} ({bits:#010x}), where it gives {y:?}; sum {sum:#x}"
        );
    }
    for (level, worst) in levels.iter().zip(&worst) {
        assert!(worst.error <= MAX_ULP);
        // Any change that is seen in any result: such as a coefficient's last digit.
        let sum = (level.name(), worst.sum);
        if has_known_sum(level.name()) {
            assert!(SUMS.contains(&sum), "the results changed: {sum:#x?}");
        } else {
            println!("{}: the sum is not known for this CPU", level.name());
        }
    }
}

#[test]
fn the_measure_itself() {
    // One spacing off is one ULP, in every binade and below the normal numbers.
    for x in [1.0_f32, 3.0, 100.0, -1.0, -5.0, -50.0, -95.0, -100.0, 1e-40] {
        let nearest = exact(x) as f32;
        assert!(ulp_error(nearest, x) <= 0.5, "{x}");
        let above = f32::from_bits(nearest.to_bits() + 1);
        let below = f32::from_bits(nearest.to_bits() - 1);
        let both = ulp_error(above, x) + ulp_error(below, x);
        assert!((both - 2.0).abs() < 1e-6, "{x}: {both}");
    }
    assert_eq!(ulp_error(f32::NAN, f32::NAN), 0.0);
    assert_eq!(ulp_error(f32::NAN, f32::NEG_INFINITY), 0.0);
    assert_eq!(ulp_error(0.0, f32::NAN), f64::INFINITY);
    assert_eq!(ulp_error(f32::INFINITY, f32::INFINITY), 0.0);
    assert_eq!(ulp_error(f32::INFINITY, 1.0), f64::INFINITY);
    assert!(ulp_error(naive(-20.0), -20.0) < 10.0);
}
