//! Which way of sharing rows of very unequal cost paints the Mandelbrot set fastest?

use abreast::{Bench, Data, Error, Point, Size, same};
use mandelbrot::{Image, pool};

type Arm = abreast::Arm<Canvas>;

/// What all arms paint on in turn.
struct Canvas(Image);

impl Data for Canvas {
    fn new(size: Size) -> Result<Self, Error> {
        Ok(Self(Image::new(size.rows, size.cols)))
    }

    fn reset(&mut self) {
        self.0.pixels.fill(0);
    }

    fn check(&self) -> Result<(), Error> {
        let mut expected = Image::new(self.0.rows, self.0.cols);
        expected.serial();
        same(&self.0.pixels, &expected.pixels)
    }
}

fn main() -> std::process::ExitCode {
    let pool = |at: Point| pool(at.threads);
    Bench::new("mandelbrot")
        .words("upper half of the Mandelbrot set", "one thread")
        .sizes([16, 64, 256].map(Size::square))
        .in_cache(Size::square(16))
        .baseline(Arm::serial("serial", |on| on.0.serial()))
        .contender(Arm::new("blocks", |on, at| on.0.blocks(at.threads)))
        .contender(Arm::new("queue", |on, at| on.0.queue(at.threads)))
        .contender(Arm::built("rayon", pool, |on, pool| on.0.rayon(pool)))
        .main()
}
