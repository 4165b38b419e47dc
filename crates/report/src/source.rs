//! The lines of the siblings that the report shows, cut from their source, so that it can't show what is no longer there.

use std::collections::BTreeMap;

use abreast::Error;

/// An excerpt: its name in the templates, the file it is from, and the first and the last of its lines, by what they contain.
struct Excerpt {
    name: &'static str,
    file: &'static str,
    source: &'static str,
    first: &'static str,
    last: &'static str,
}

const RUN: &str = "    fn run(&self, output: &mut [f32]";
const END: &str = "    }";

static EXCERPTS: [Excerpt; 7] = [
    Excerpt {
        name: "naive",
        file: "crates/kernel/src/reference.rs",
        source: include_str!("../../kernel/src/reference.rs"),
        first: "pub fn naive(x: f32) -> f32 {",
        last: "}",
    },
    Excerpt {
        name: "runtime",
        file: "crates/runtime/src/lib.rs",
        source: include_str!("../../runtime/src/lib.rs"),
        first: RUN,
        last: RUN,
    },
    Excerpt {
        name: "serial",
        file: "crates/serial/src/lib.rs",
        source: include_str!("../../serial/src/lib.rs"),
        first: RUN,
        last: END,
    },
    Excerpt {
        name: "rayon",
        file: "crates/rayon/src/lib.rs",
        source: include_str!("../../rayon/src/lib.rs"),
        first: "        self.pool.install(|| {",
        last: "        });",
    },
    Excerpt {
        name: "crossbeam",
        file: "crates/crossbeam/src/lib.rs",
        source: include_str!("../../crossbeam/src/lib.rs"),
        first: "        let scope = crossbeam::thread::scope(|scope| {",
        last: "        });",
    },
    Excerpt {
        name: "threads",
        file: "crates/threads/src/scoped.rs",
        source: include_str!("../../threads/src/scoped.rs"),
        first: "        let panicked = thread::scope(|scope| {",
        last: "        });",
    },
    Excerpt {
        name: "pool",
        file: "crates/threads/src/pool.rs",
        source: include_str!("../../threads/src/pool.rs"),
        first: "        for (worker, (start, chunk)) in called.iter_mut().zip(chunks) {",
        last: "        let mut panic = catch_unwind(AssertUnwindSafe(|| kernel(start, mine)))",
    },
];

/// The excerpts by name, each with the file it is from.
///
/// # Errors
///
/// Where lines are no longer found: which, and where to put that right.
pub fn excerpts() -> Result<BTreeMap<&'static str, [String; 2]>, Error> {
    let cut = |excerpt: &Excerpt| {
        let lines = cut(excerpt.source, excerpt.first, excerpt.last).ok_or_else(|| {
            Error::new(format!(
                "{} no longer has the lines from `{}` to `{}` that the report shows: name others in {}",
                excerpt.file,
                excerpt.first.trim(),
                excerpt.last.trim(),
                file!()
            ))
        })?;
        Ok((excerpt.name, [excerpt.file.to_owned(), lines]))
    };
    EXCERPTS.iter().map(cut).collect()
}

/// The lines of `source` from the first that starts with `first` to the next that starts with `last`, without comments and
/// without the indentation of the first. `None` where either is not found.
pub fn cut(source: &str, first: &str, last: &str) -> Option<String> {
    let lines: Vec<_> = source.lines().collect();
    let from = lines.iter().position(|line| line.starts_with(first))?;
    let to = from
        + lines[from..]
            .iter()
            .position(|line| line.starts_with(last))?;
    let indent = first.len() - first.trim_start().len();
    let cut = lines[from..=to]
        .iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .map(|line| line.get(indent..).unwrap_or_default());
    Some(cut.collect::<Vec<_>>().join("\n"))
}
