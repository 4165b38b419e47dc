//! Every runtime of the registry gives sigmul's serial bits, and what does not is found before it is timed.

use harness::grid::Shape;
use harness::matrix::Matrix;
use harness::registry::{NAIVE, RUNTIMES, SERIAL, SIGMUL};
use harness::verify::verify;
use sigmul_runtime::{ThreadCount, conformance};

#[test]
fn every_runtime_computes_sigmul_bit_for_bit() {
    for entry in &RUNTIMES {
        let counts = if entry.name == SERIAL {
            vec![ThreadCount::ONE]
        } else {
            conformance::thread_counts()
        };
        for threads in counts {
            let runtime = (entry.build)(threads).unwrap();
            conformance::equals_serial(&*runtime, threads, &SIGMUL.apply);
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
    let mut matrix = Matrix::new("100x100".parse::<Shape>().unwrap());
    let (input, output) = matrix.parts();
    assert!(
        verify(&SIGMUL, input, output)
            .unwrap_err()
            .to_string()
            .starts_with("element 0 is NaN")
    );
    (SIGMUL.apply)(input, output);
    verify(&SIGMUL, input, output).unwrap();

    // One bit of the last element.
    let right = output[9999];
    output[9999] = f32::from_bits(right.to_bits() ^ 1);
    let error = verify(&SIGMUL, input, output).unwrap_err().to_string();
    assert!(
        error.starts_with("element 9999 is ") && error.contains("the serial result is"),
        "{error}"
    );

    // A kernel that agrees with itself and is wrong.
    (NAIVE.apply)(input, output);
    verify(&NAIVE, input, output).unwrap();
    let copy = harness::registry::KernelEntry {
        name: "copy",
        apply: |x, y| y.copy_from_slice(x),
        max_ulp: 3.0,
    };
    (copy.apply)(input, output);
    let error = verify(&copy, input, output).unwrap_err().to_string();
    assert!(
        error.contains("ULP from the exact value, where copy promises 3"),
        "{error}"
    );
}
