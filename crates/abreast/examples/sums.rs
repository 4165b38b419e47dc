//! A small bench, which the tests run with one command line after another. What goes wrong in it is chosen by `FAULT`.

use std::env;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use abreast::Error;
use abreast::declare::{Arm, Bench, Data, Point, Threads};
use abreast::record::{Of, Size};
use abreast::show::View;

/// Numbers, and their sum.
struct Sum(Vec<u64>, u64);

/// How often the data of the largest size was asked for its memory.
static ASKED: AtomicUsize = AtomicUsize::new(0);

fn fault(name: &str) -> bool {
    env::var("FAULT").is_ok_and(|fault| fault == name)
}

impl Data for Sum {
    fn new(size: Size) -> Result<Self, Error> {
        Ok(Self((0..size.elements() as u64).collect(), 0))
    }

    fn reset(&mut self) {
        if !fault("reset") {
            self.1 = 0;
        }
    }

    fn check(&self) -> Result<(), Error> {
        let expected = self.0.len() as u64 * (self.0.len() as u64 - 1) / 2;
        match self.1 == expected {
            true => Ok(()),
            false => Err(Error::new(format!("the sum is {}", self.1))),
        }
    }

    fn memory(size: Size) -> u64 {
        // Asked once before anything is measured, and once more before its turns, when there is no longer enough.
        if fault("memory") && size.elements() > 1000 && ASKED.fetch_add(1, Ordering::Relaxed) > 0 {
            return u64::MAX / 2;
        }
        match fault("private") {
            true => 1 << 30,
            false => 8 * size.elements() as u64,
        }
    }
}

fn sum(sum: &mut Sum) {
    sum.1 = sum.0.iter().sum();
    sum.1 += u64::from(fault("baseline"));
}

fn main() -> ExitCode {
    let halves = |at: Point| match fault("refused") && at.threads > 1 {
        true => Err("no more threads"),
        false => Ok(()),
    };
    let halves = Arm::built("halves", halves, |d: &mut Sum, ()| {
        assert!(!fault("panic"), "the halves do not fit");
        let (a, b) = d.0.split_at(d.0.len() / 2);
        let before = if fault("again") { d.1 } else { 0 };
        d.1 = before + a.iter().sum::<u64>() + b.iter().sum::<u64>();
    });
    Bench::new("sums")
        .prefix("SUMS")
        .sizes([100, 1000, 10_000].map(Size::row))
        .in_cache(Size::row(100))
        .views(&[View::SPEEDUP, View::SIZES])
        .times(Duration::from_millis(2), Duration::from_millis(30))
        .baseline(Arm::serial("serial", sum))
        .ceiling(Of::Memory, Arm::new("copy", |d, _| sum(d)).on(Threads::One))
        .contender(halves)
        .main()
}
