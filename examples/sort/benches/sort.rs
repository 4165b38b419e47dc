//! From what size on does sorting in place pay on several threads?

use std::process::ExitCode;

use abreast::Error;
use abreast::declare::{Arm, Bench, Data, Point, Threads};
use abreast::record::{Accuracy, Role, Size};
use abreast::show::View;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use sort::merge_sort;

/// Numbers to be sorted where they are, as they are before and as they should be after.
struct Numbers {
    numbers: Vec<u32>,
    shuffled: Vec<u32>,
    sorted: Vec<u32>,
}

impl Data for Numbers {
    /// A call leaves nothing to do for the next one: each is timed by itself, after a `reset` that is not.
    const IN_PLACE: bool = true;

    fn new(size: Size) -> Result<Self, Error> {
        let shuffled: Vec<u32> = (0..size.elements()).map(random).collect();
        let mut sorted = shuffled.clone();
        sorted.sort_unstable();
        Ok(Self {
            numbers: shuffled.clone(),
            shuffled,
            sorted,
        })
    }

    fn reset(&mut self) {
        self.numbers.copy_from_slice(&self.shuffled);
    }

    fn check(&self) -> Result<Option<Accuracy>, Error> {
        if self.numbers == self.sorted {
            return Ok(None);
        }
        Err(Error::new("the numbers are not sorted"))
    }
}

/// The `i`th of numbers that look random, and are the same on every machine.
fn random(i: usize) -> u32 {
    let x = (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> 32) as u32
}

fn pool(at: Point) -> Result<ThreadPool, String> {
    let pool = ThreadPoolBuilder::new().num_threads(at.threads);
    pool.build().map_err(|error| error.to_string())
}

/// What a merge sort needs besides the numbers: room to merge into.
fn scratch(at: Point) -> (Vec<u32>, usize) {
    (vec![0; at.size.elements()], at.threads)
}

fn main() -> ExitCode {
    let serial = Arm::new(
        "serial",
        |_| (),
        |(), on: &mut Numbers| on.numbers.sort_unstable(),
    );
    let rayon = Arm::fallible("rayon", pool, |pool, on: &mut Numbers| {
        pool.install(|| on.numbers.par_sort_unstable());
    });
    let merge = Arm::new("merge", scratch, |(scratch, threads), on: &mut Numbers| {
        merge_sort(&mut on.numbers, scratch, *threads);
    });
    Bench::new("sort")
        .words("sorting of random u32", "sort_unstable")
        .sizes([10, 12, 14, 16, 18, 20].map(|log| Size::row(1 << log)))
        .views(&[View::SPEEDUP, View::TIME, View::SIZES, View::BREAK_EVEN])
        .arm(Role::Baseline, serial.on(Threads::One))
        .arm(Role::Contender, rayon)
        .arm(Role::Contender, merge)
        .main()
}
