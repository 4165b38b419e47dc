//! What can be chosen, and the sentence that each bad choice gets.

use abreast::Error;
use abreast::declare::settings::{Settings, default_threads, help, variables};
use abreast::declare::{Bench, Data};
use abreast::record::Size;
use proptest::prelude::*;

struct Nothing;

impl Data for Nothing {
    fn new(_: Size) -> Result<Self, Error> {
        Ok(Self)
    }

    fn reset(&mut self) {}

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }
}

fn bench() -> Bench<Nothing> {
    Bench::new("nothing")
        .prefix("MINE")
        .sizes([4, 2].map(Size::square))
        .set("long", [Size::row(1000), Size::row(10)])
}

fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Settings::read(&bench(), variable).map_err(|error| error.to_string())
}

#[test]
fn what_is_not_chosen_is_as_declared() {
    let settings = read(&[]).unwrap();
    assert_eq!(settings.sizes, [2, 4].map(Size::square));
    assert!(settings.threads.contains(&1));
    assert!(settings.records.ends_with("plots/here"));
    assert_eq!(default_threads(6), [1, 2, 4, 8, 6, 12]);
}

#[test]
fn fixed_sizes_stay_whatever_is_chosen() {
    let chosen = |name: &str| (name == "MINE_SIZES").then(|| "8".to_owned());
    let settings = Settings::read(&bench().fixed_sizes(), chosen).unwrap();
    assert_eq!(settings.sizes, [2, 4].map(Size::square));
}

#[test]
fn choices_are_taken_sorted_and_each_once() {
    let settings = read(&[
        ("MINE_THREADS", "4,1,4"),
        ("MINE_SIZES", "long,7,2x5"),
        ("MINE_OUT", "/elsewhere"),
        ("ABREAST_THREADS", "9"),
    ])
    .unwrap();
    assert_eq!(settings.threads, [1, 4]);
    let sizes: Vec<_> = settings.sizes.iter().map(Size::to_string).collect();
    assert_eq!(sizes, ["1x10", "2x5", "7x7", "1x1000"]);
    assert_eq!(settings.records, std::path::Path::new("/elsewhere"));
}

#[test]
fn bad_choices_get_a_sentence() {
    for (variable, value, sentence) in [
        (
            "MINE_THREADS",
            "0",
            "MINE_THREADS: `0` is not a thread count: give a whole number from 1 to 1024",
        ),
        (
            "MINE_THREADS",
            "1,two",
            "MINE_THREADS: `two` is not a thread count: ",
        ),
        (
            "MINE_SIZES",
            "0x4",
            "MINE_SIZES: `0x4` is not a size: give a square as 512, rows and columns as ",
        ),
        ("MINE_SIZES", "big", "MINE_SIZES: `big` is not a size: "),
        (
            "MINE_SIZES",
            "99999999999x99999999999",
            "MINE_SIZES: `99999999999x99999999999` is not a size: ",
        ),
        (
            "MINE_SIZES",
            "1,,2",
            "MINE_SIZES is `1,,2`, which has an empty value: ",
        ),
        (
            "MINE_THREADS",
            "",
            "MINE_THREADS is ``, which has an empty value: ",
        ),
    ] {
        let error = read(&[(variable, value)]).unwrap_err();
        assert!(error.starts_with(sentence), "{variable}={value}: {error}");
    }
    for empty in ["", " "] {
        let error = read(&[("MINE_OUT", empty)]).unwrap_err();
        let sentence = format!("MINE_OUT is `{empty}`: name a folder, or unset it");
        assert_eq!(error, sentence);
    }
    let error = read(&[("MINE_SIZES", "big")]).unwrap_err();
    assert!(error.ends_with("or a set: long"), "{error}");
}

#[test]
fn unknown_variables_of_the_bench_get_a_sentence() {
    let of = |name: &str| variables(&bench(), [(name.into(), "1".into())]);
    assert_eq!(of("MINE_THREADS").unwrap()["MINE_THREADS"], "1");
    assert!(of("MINER_SHAPES").unwrap().is_empty() && of("PATH").unwrap().is_empty());
    let said = of("MINE_SHAPES").unwrap_err().to_string();
    let there = "there are MINE_THREADS, MINE_SIZES, MINE_OUT";
    assert!(
        said.starts_with("MINE_SHAPES is not a variable of this bench: ") && said.contains(there),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn variables_that_are_no_text_get_a_sentence() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    let wrong = || OsString::from_vec(vec![b'/', 0xff]);
    let said = variables(&bench(), [("MINE_OUT".into(), wrong())]);
    let said = said.unwrap_err().to_string();
    assert!(
        said.starts_with("MINE_OUT is `/") && said.contains("not UTF-8"),
        "{said}"
    );
    // Of others it is nobody's business here.
    assert!(
        variables(&bench(), [("PATH".into(), wrong())])
            .unwrap()
            .is_empty()
    );
}

#[test]
fn help_names_what_can_be_chosen() {
    let help = help(&bench());
    for what in [
        "MINE_THREADS",
        "MINE_SIZES",
        "MINE_OUT",
        "long is 1x1000, 1x10",
        "warms up for 0.02 s and is measured for 0.24 s in 30 samples",
        "Shown: speedup, sizes, break_even.",
        "--verbose",
        "2x2",
    ] {
        assert!(help.contains(what), "{help}");
    }
}

proptest! {
    #[test]
    fn sizes_survive_being_written(rows in 1usize..5000, cols in 1usize..5000) {
        let size = Size { rows, cols };
        prop_assert_eq!(size.to_string().parse(), Ok(size));
    }

    #[test]
    fn nothing_typed_makes_it_panic(name in "MINE_(THREADS|SIZES|OUT)", value in "[0-9a-z,x -]{0,24}|.*") {
        let _ = read(&[(&name, &value)]);
    }
}
