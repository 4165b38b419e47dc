//! What can be chosen, and the sentence that each bad choice gets.

use harness::benches::{DISPATCH, KERNEL, SPEEDUP};
use harness::grid::Shape;
use harness::matrix::{Matrix, check_memory};
use harness::settings::{HELP, Settings};
use proptest::prelude::*;
use sigmul_runtime::ThreadCount;

fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variable = |name: &str| {
        variables
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::read(SPEEDUP.shapes, variable).map_err(|error| error.to_string())
}

#[test]
fn defaults_are_squares_of_the_study_and_llama() {
    let settings = read(&[]).unwrap();
    let shapes: Vec<_> = settings.shapes.iter().map(Shape::to_string).collect();
    assert_eq!(
        shapes,
        ["1x14336", "256x256", "1024x1024", "512x14336", "4096x4096"]
    );
    assert!(
        settings.threads.contains(&ThreadCount::ONE)
            && settings.threads.contains(&ThreadCount::available())
    );
    assert!(
        settings
            .threads
            .iter()
            .any(|threads| threads.is_oversubscribed())
    );
    assert!(settings.records.ends_with("plots"));
}

#[test]
fn choices_are_taken_sorted_and_each_once() {
    let settings = read(&[
        ("SIGMUL_RUNTIMES", "threads, rayon"),
        ("SIGMUL_THREADS", "4,1,4"),
        ("SIGMUL_SHAPES", "study,llama,8x2,4"),
        ("SIGMUL_OUT", "/elsewhere"),
    ])
    .unwrap();
    assert_eq!(
        settings
            .runtimes
            .iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>(),
        ["rayon", "threads"]
    );
    assert_eq!(
        settings
            .threads
            .iter()
            .map(|threads| threads.get())
            .collect::<Vec<_>>(),
        [1, 4]
    );
    assert_eq!(settings.shapes.len(), 16 + 2 + 1);
    assert!(settings.shapes.is_sorted());
    assert_eq!(settings.records, std::path::Path::new("/elsewhere"));
    // At each size two runtimes and a copy on two thread counts, serial, and where it fits the cache naive.
    let arms = (SPEEDUP.grid)(&settings);
    let naive = arms.iter().filter(|arm| arm.kernel.name == "naive").count();
    assert_eq!(arms.len(), 19 * (3 * 2 + 1) + naive);
    assert!((1..19).contains(&naive));
    assert_eq!((DISPATCH.grid)(&settings).len(), 2 * 2);
    // At each size the portable level and two copies at least.
    assert!((KERNEL.grid)(&settings).len() >= 19 * 3);
}

#[test]
fn each_bad_choice_gets_its_sentence() {
    for (variable, value, sentence) in [
        (
            "SIGMUL_THREADS",
            "0",
            "SIGMUL_THREADS: `0` is not a thread count: give a whole number from 1 to 1024",
        ),
        (
            "SIGMUL_THREADS",
            "1,two",
            "SIGMUL_THREADS: `two` is not a thread count: give a whole number from 1 to 1024",
        ),
        (
            "SIGMUL_RUNTIMES",
            "tokio",
            "SIGMUL_RUNTIMES: `tokio` is not a runtime: choose from serial, rayon, ",
        ),
        (
            "SIGMUL_SHAPES",
            "0x4",
            "SIGMUL_SHAPES: `0x4` is not a shape: give a square as 512, rows and columns as ",
        ),
        (
            "SIGMUL_SHAPES",
            "big",
            "SIGMUL_SHAPES: `big` is not a shape: ",
        ),
        (
            "SIGMUL_SHAPES",
            "2000000",
            "SIGMUL_SHAPES: `2000000` is not a shape: ",
        ),
        (
            "SIGMUL_SHAPES",
            "99999999999x99999999999",
            "SIGMUL_SHAPES: `99999999999x99999999999` is not a shape: ",
        ),
        (
            "SIGMUL_THREADS",
            "1,,2",
            "SIGMUL_THREADS is `1,,2`, which has an empty value: ",
        ),
        (
            "SIGMUL_RUNTIMES",
            "",
            "SIGMUL_RUNTIMES is ``, which has an empty value: ",
        ),
    ] {
        let error = read(&[(variable, value)]).unwrap_err();
        assert!(error.starts_with(sentence), "{variable}={value}: {error}");
    }
}

#[test]
fn memory_is_checked_before_it_is_taken() {
    let shapes = Shape::named("study").unwrap();
    assert_eq!(check_memory(&shapes, 10 << 30), Ok(()));
    let error = check_memory(&shapes, 4 << 30).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "32768x32768 needs 8.9 GB of memory (input, output and a reserve), and 4.3 GB are"
        ),
        "{error}"
    );
    assert_eq!(check_memory(&[], 0), Ok(()));
}

#[test]
fn inputs_are_normal_seeded_and_aligned() {
    let shape = "512x512".parse::<Shape>().unwrap();
    let (mut one, mut other) = (Matrix::new(shape).unwrap(), Matrix::new(shape).unwrap());
    let (input, output) = one.parts();
    assert_eq!(
        (input.len(), output.len()),
        (shape.elements(), shape.elements())
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
fn the_readme_shows_the_help_and_every_runtime() {
    let readme = include_str!("../../../../README.md");
    assert!(
        readme.contains(HELP.trim_end()),
        "README.md should hold the text of settings::HELP"
    );
    for entry in harness::registry::RUNTIMES {
        assert!(
            readme.contains(&format!("`{}`", entry.name)),
            "README.md does not name {}",
            entry.name
        );
    }
}

proptest! {
    #[test]
    fn shapes_survive_being_written(rows in 1usize..5000, cols in 1usize..5000) {
        let shape = Shape { rows, cols };
        prop_assert_eq!(shape.to_string().parse(), Ok(shape));
    }

    #[test]
    fn nothing_typed_makes_it_panic(name in "SIGMUL_(RUNTIMES|THREADS|SHAPES|OUT)", value in "[0-9a-z,x -]{0,24}|.*") {
        let _ = read(&[(&name, &value)]);
    }
}
