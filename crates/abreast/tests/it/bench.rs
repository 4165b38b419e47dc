//! What a declared bench measures: every arm at every point, each with its role, and nothing that can be mistaken.

use abreast::declare::settings::Settings;
use abreast::measure::plan::turns;
use abreast::{Arm, Bench, Data, Error, Point, Role, Size, Threads, same};
use proptest::prelude::*;

struct Counter(u64);

impl Data for Counter {
    fn new(_: Size) -> Result<Self, Error> {
        Ok(Self(0))
    }

    fn reset(&mut self) {
        self.0 = 0;
    }

    fn check(&self) -> Result<(), Error> {
        match self.0 {
            0 => Err(Error::new("nothing was counted")),
            _ => Ok(()),
        }
    }
}

fn arm(name: &str) -> Arm<Counter> {
    Arm::new(name, |counter: &mut Counter, _| counter.0 += 1)
}

fn bench() -> Bench<Counter> {
    Bench::new("count").sizes([Size::square(8), Size::square(4)])
}

/// What is measured on 1, 2 and 4 threads: each arm's name at its point, and its role.
fn planned(bench: &Bench<Counter>) -> Result<Vec<String>, String> {
    let threads = |name: &str| (name == "ABREAST_THREADS").then(|| "1,2,4".to_owned());
    let settings = Settings::read(bench, threads).unwrap();
    let turns = turns(bench, &settings).map_err(|error| error.to_string())?;
    let planned = turns
        .iter()
        .map(|turn| format!("{} {}", turn.key, turn.role));
    Ok(planned.collect())
}

#[test]
fn arms_are_measured_where_they_are_declared() {
    let half = |at: Point| (at.size.rows == 8).then_some(Role::Reference);
    let bench = bench()
        .in_cache(Size::square(2))
        .baseline(Arm::serial("one", |counter: &mut Counter| counter.0 += 1))
        .arm_at(half, arm("half").on(Threads::These(vec![3])))
        .contender(arm("many").on(Threads::Several).settings(|_, _| vec![0.5]));
    assert_eq!(
        planned(&bench).unwrap(),
        [
            // In cache there is what the ceiling takes.
            "2x2/one/1 baseline",
            "2x2/private data/1 ceiling of cores",
            "2x2/private data/2 ceiling of cores",
            "2x2/private data/4 ceiling of cores",
            "4x4/one/1 baseline",
            "4x4/many/2 contender",
            "4x4/many:0.5/2 contender",
            "4x4/many/4 contender",
            "4x4/many:0.5/4 contender",
            "8x8/one/1 baseline",
            "8x8/half/3 reference",
            "8x8/many/2 contender",
            "8x8/many:0.5/2 contender",
            "8x8/many/4 contender",
            "8x8/many:0.5/4 contender",
        ]
    );
}

#[test]
fn a_bench_without_sizes_or_a_baseline_or_with_two_is_refused() {
    let none = bench().contender(arm("one"));
    let said = planned(&none).unwrap_err();
    assert!(
        said.contains("the bench `count` has no baseline at 4x4"),
        "{said}"
    );
    let said = planned(&Bench::new("bare").baseline(arm("one"))).unwrap_err();
    assert!(said.contains("the bench `bare` has no sizes"), "{said}");
    let two = bench().baseline(arm("one")).baseline(arm("other"));
    let said = planned(&two).unwrap_err();
    assert!(
        said.contains("two baselines at 4x4, `one` and `other`"),
        "{said}"
    );
    let twins = bench().baseline(arm("one")).contender(arm("one"));
    let said = planned(&twins).unwrap_err();
    assert!(said.contains("two arms called `4x4/one/1`"), "{said}");
    let empty = bench().baseline(arm("one")).in_cache(Size::row(0));
    let said = planned(&empty).unwrap_err();
    assert!(said.contains("has the size 1x0"), "{said}");
    for name in ["", "two\nlines"] {
        let said = planned(&bench().baseline(arm(name))).unwrap_err();
        assert!(said.contains("a name is one line, and not empty"), "{said}");
    }
    for name in ["", "a/b"] {
        let said = planned(&Bench::new(name).baseline(arm("one"))).unwrap_err();
        assert!(
            said.contains(&format!("the bench is called `{name}`")),
            "{said}"
        );
    }
}

proptest! {
    #[test]
    fn slices_that_differ_are_told_apart_at_the_first_element(
        slice in proptest::collection::vec(0u8..9, 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        prop_assert!(same(&slice, &slice).is_ok());
        let mut other = slice.clone();
        let (i, shorter) = (at.index(slice.len()), slice.len() - 1);
        other[i..].iter_mut().for_each(|x| *x += 9);
        let said = same(&other, &slice).unwrap_err().to_string();
        prop_assert_eq!(said, format!("element {i} is {}, and should be {}", other[i], slice[i]));
        let said = same(&slice[1..], &slice).unwrap_err().to_string();
        prop_assert!(said.contains(&format!("there are {shorter} elements")), "{}", said);
    }
}
