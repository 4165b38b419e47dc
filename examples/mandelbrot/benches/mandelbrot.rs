//! Which way of sharing rows of very unequal cost paints the Mandelbrot set fastest?

use std::process::ExitCode;

use abreast::Error;
use abreast::declare::{Arm, Bench, Data, Point, Threads};
use abreast::record::{Accuracy, Role, Size};
use abreast::show::View;
use mandelbrot::Image;
use rayon::{ThreadPool, ThreadPoolBuilder};

/// What all arms paint on in turn, and what they are to paint.
struct Canvas {
    image: Image,
    expected: Image,
}

impl Data for Canvas {
    fn new(size: Size) -> Result<Self, Error> {
        let image = Image::new(size.rows, size.cols);
        let mut expected = Image::new(size.rows, size.cols);
        expected.serial();
        Ok(Self { image, expected })
    }

    fn reset(&mut self) {
        self.image.pixels.fill(0);
    }

    fn check(&self) -> Result<Option<Accuracy>, Error> {
        if self.image == self.expected {
            return Ok(None);
        }
        Err(Error::new(
            "the picture is not the one that serial code paints",
        ))
    }
}

fn threads(at: Point) -> usize {
    at.threads
}

fn pool(at: Point) -> Result<ThreadPool, String> {
    let pool = ThreadPoolBuilder::new().num_threads(at.threads);
    pool.build().map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let serial = Arm::new("serial", |_| (), |(), on: &mut Canvas| on.image.serial());
    let blocks = Arm::new("blocks", threads, |n, on: &mut Canvas| on.image.blocks(*n));
    let queue = Arm::new("queue", threads, |n, on: &mut Canvas| on.image.queue(*n));
    let rayon = Arm::fallible("rayon", pool, |p, on: &mut Canvas| on.image.rayon(p));
    let rayon_blocks = |p: &mut ThreadPool, on: &mut Canvas| on.image.rayon_blocks(p);
    Bench::new("mandelbrot")
        .words("upper half of the Mandelbrot set", "one thread")
        .sizes([32, 128, 512].map(Size::square))
        .in_cache(Size::square(32))
        .views(&[View::SPEEDUP, View::SIZES, View::BREAK_EVEN])
        .arm(Role::Baseline, serial.on(Threads::One))
        .arm(Role::Contender, blocks)
        .arm(Role::Contender, queue)
        .arm(
            Role::Contender,
            Arm::fallible("rayon blocks", pool, rayon_blocks),
        )
        .arm(Role::Contender, rayon)
        .main()
}
