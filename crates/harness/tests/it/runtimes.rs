//! Every runtime of the registry gives sigmul's serial bits, and what does not is found before it is timed.

use abreast::declare::Data;
use abreast::record::Size;
use harness::matrix::Matrix;
use harness::registry::{Apply, COPY, KernelEntry, NAIVE, PINNED, RUNTIMES, SERIAL, SIGMUL};
use harness::verify::verify;
use sigmul_runtime::{ThreadCount, conformance};

#[test]
fn every_runtime_computes_sigmul_bit_for_bit() {
    for entry in RUNTIMES {
        let counts = if entry.name == SERIAL {
            vec![ThreadCount::ONE]
        } else {
            conformance::thread_counts()
        };
        for threads in counts {
            let runtime = (entry.build)(threads).unwrap();
            // Streaming or not is decided from the whole; both are under test.
            for total in [0, usize::MAX] {
                conformance::equals_serial(&*runtime, threads, &(SIGMUL.prepare)(total));
            }
        }
    }
}

/// Whoever spawns in each call would go on with fewer threads than the arm is named for.
#[test]
fn all_runtimes_are_refused_where_threads_are() {
    conformance::where_threads_are_refused("runtimes::without_any_thread");
}

#[test]
#[ignore = "run by the test above, where every thread is refused"]
fn without_any_thread() {
    let threads = ThreadCount::new(3).unwrap();
    // Run with all that are ignored, it is granted them.
    if threads.granted().is_ok() {
        return;
    }
    for entry in RUNTIMES.iter().chain(PINNED) {
        let built = (entry.build)(threads);
        assert_eq!(built.is_err(), entry.name != SERIAL, "{}", entry.name);
        // Alone, nobody needs another thread but rayon, whose callers wait.
        if !entry.name.starts_with("rayon") {
            assert!((entry.build)(ThreadCount::ONE).is_ok(), "{}", entry.name);
        }
    }
}

#[test]
fn names_in_the_registry_are_unique() {
    for (i, entry) in RUNTIMES.iter().enumerate() {
        assert!(RUNTIMES[..i].iter().all(|other| other.name != entry.name));
    }
}

#[test]
fn wrong_outputs_are_found() {
    let size = Size::square(100);
    let mut matrix = Matrix::new(size).unwrap();
    let (input, output) = matrix.parts();
    let refused = |kernel: &KernelEntry, apply: &Apply, output: &[f32], what: &str| {
        let error = verify(kernel, apply, input, output)
            .unwrap_err()
            .to_string();
        assert!(error.contains(what), "{error}");
    };
    let sigmul = (SIGMUL.prepare)(size.elements());
    refused(
        &SIGMUL,
        &sigmul,
        output,
        "element 0 is NaN, the serial result is",
    );
    sigmul(input, output);
    verify(&SIGMUL, &sigmul, input, output).unwrap();

    // One bit of the last element.
    output[9999] = f32::from_bits(output[9999].to_bits() ^ 1);
    refused(&SIGMUL, &sigmul, output, "element 9999 is ");

    // Kernels that agree with themselves and are wrong.
    let (copy, negate): (Apply, Apply) = (
        (COPY.prepare)(size.elements()),
        Box::new(|x, y| y.iter_mut().zip(x).for_each(|(y, x)| *y = -x)),
    );
    copy(input, output);
    verify(&COPY, &copy, input, output).unwrap();
    refused(
        &SIGMUL,
        &copy,
        output,
        "ULP from the exact value, where sigmul promises 1",
    );
    negate(input, output);
    refused(&COPY, &negate, output, "a copy of");

    let naive = (NAIVE.prepare)(size.elements());
    naive(input, output);
    verify(&NAIVE, &naive, input, output).unwrap();
}
