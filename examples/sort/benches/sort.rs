//! From what size on does sorting in place pay on several threads?

use abreast::{Bench, Data, Error, Point, Size, View, same};
use sort::{Numbers, pool};

type Arm = abreast::Arm<InPlace>;

/// What all arms sort in turn.
struct InPlace(Numbers);

impl Data for InPlace {
    /// A call leaves nothing to do for the next one: each is timed by itself, after a `reset` that is not.
    const IN_PLACE: bool = true;

    fn new(size: Size) -> Result<Self, Error> {
        Ok(Self(Numbers::random(size.elements())))
    }

    fn reset(&mut self) {
        self.0.shuffle();
    }

    fn check(&self) -> Result<(), Error> {
        same(&self.0.numbers, self.0.sorted())
    }
}

fn main() -> std::process::ExitCode {
    let pool = |at: Point| pool(at.threads);
    Bench::new("sort")
        .words("sorting of random u32", "sort_unstable")
        .sizes([8, 10, 12, 14, 16, 18].map(|log| Size::row(1 << log)))
        .in_cache(Size::row(1 << 10))
        .views(&[View::SPEEDUP, View::TIME, View::BREAK_EVEN, View::SIZES])
        .baseline(Arm::serial("serial", |on| on.0.serial()))
        .contender(Arm::built("rayon", pool, |on, pool| on.0.rayon(pool)))
        .contender(Arm::new("merge", |on, at| on.0.merge(at.threads)))
        .main()
}
