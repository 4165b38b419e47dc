//! The benches, and their input.

use abreast::declare::Data;
use abreast::declare::settings::help;
use abreast::record::Size;
use harness::matrix::Matrix;
use harness::{benches, registry};

#[test]
fn inputs_are_normal_seeded_and_aligned() {
    let size = Size::square(512);
    let (mut one, mut other) = (Matrix::new(size).unwrap(), Matrix::new(size).unwrap());
    let (input, output) = one.parts();
    assert_eq!(
        (input.len(), output.len()),
        (size.elements(), size.elements())
    );
    assert_eq!(
        (input.as_ptr().addr() % 4096, output.as_ptr().addr() % 4096),
        (0, 0)
    );
    assert_eq!(input, other.parts().0);
    let count = input.len() as f64;
    let mean = input.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = input
        .iter()
        .map(|&x| (f64::from(x) - mean).powi(2))
        .sum::<f64>()
        / count;
    // Five standard errors.
    assert!(mean.abs() < 0.01, "mean {mean}");
    assert!((variance - 1.0).abs() < 0.014, "variance {variance}");
    assert!(input.iter().any(|&x| x > 3.0) && input.iter().any(|&x| x < -3.0));
}

#[test]
fn an_output_that_nobody_wrote_is_found() {
    let mut matrix = Matrix::new(Size::square(8)).unwrap();
    matrix.reset();
    let said = matrix.check().unwrap_err().to_string();
    assert!(
        said.contains("element 0 is NaN, the serial result is"),
        "{said}"
    );
}

#[test]
fn the_readme_shows_the_help_and_every_runtime() {
    let readme = include_str!("../../../../README.md");
    let help = help(&benches::speedup());
    assert!(
        readme.contains(help.trim_end()),
        "README.md should hold what `--help` says:\n{help}"
    );
    for entry in registry::RUNTIMES {
        assert!(
            readme.contains(&format!("`{}`", entry.name)),
            "README.md does not name {}",
            entry.name
        );
    }
}
