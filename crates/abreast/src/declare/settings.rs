//! What is chosen for a run, by environment variables: criterion's command line takes no options but its own.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{self, PathBuf};

use super::{Bench, Data};
use crate::Error;
use crate::record::Size;
use crate::record::machine::available_cores;

/// The most threads accepted, well above any machine's cores and below what an operating system refuses by default.
pub const MOST_THREADS: usize = 1024;

/// Samples an arm, unless the command line says otherwise: enough for a 95 % interval of the median.
pub(crate) const SAMPLES: usize = 30;

/// What each variable is called after the prefix.
const NAMES: [&str; 3] = ["THREADS", "SIZES", "OUT"];

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The sizes, by number of elements, each once.
    pub sizes: Vec<Size>,
    /// The thread counts, ascending, each once.
    pub threads: Vec<usize>,
    /// The folder of all records.
    pub records: PathBuf,
}

impl Settings {
    /// Reads what is chosen for `bench` through `variable`, which looks an environment variable up by its name.
    ///
    /// # Errors
    ///
    /// Where a value can't be understood: a sentence that names the variable, the value and what is allowed.
    pub fn read<D: Data>(
        bench: &Bench<D>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let named = |name| format!("{}_{name}", bench.prefix);
        let list = |name: &str| variable(name).map(|text| split(name, &text)).transpose();

        let name = named("THREADS");
        let mut threads = match list(&name)? {
            None => default_threads(available_cores()),
            Some(counts) => {
                let counts = counts.iter().map(|count| count_of(&name, count));
                counts.collect::<Result<_, _>>()?
            }
        };
        threads.sort_unstable();
        threads.dedup();

        let name = named("SIZES");
        let mut sizes = Vec::new();
        match list(&name)?.filter(|_| !bench.sizes_are_fixed) {
            None => sizes.clone_from(&bench.sizes),
            Some(names) => {
                for size in &names {
                    match bench.sets.iter().find(|(set, _)| set == size) {
                        Some((_, set)) => sizes.extend(set),
                        None => sizes.push(size_of(&name, size, bench)?),
                    }
                }
            }
        }
        sizes.sort_unstable();
        sizes.dedup();

        let name = named("OUT");
        let out = variable(&name).unwrap_or_else(|| "plots/here".into());
        if out.trim().is_empty() {
            return Err(Error::new(format!(
                "{name} is `{out}`: name a folder, or unset it"
            )));
        }
        // Without the way up from the package's folder, where there is such a folder.
        let root = bench.root.canonicalize();
        let records = root.unwrap_or_else(|_| bench.root.clone()).join(out);
        Ok(Self {
            sizes,
            threads,
            records: path::absolute(&records).unwrap_or(records),
        })
    }

    /// The most threads that have a core each.
    pub fn most_fitting(&self) -> usize {
        let cores = available_cores();
        let fitting = self.threads.iter().rev().find(|&&count| count <= cores);
        fitting.copied().unwrap_or(1)
    }
}

/// Those of `all` environment variables that choose something for `bench`, by name.
///
/// # Errors
///
/// Where one begins with the bench's prefix and is none of its variables, or holds what is no text: a sentence that names it.
pub fn variables<D: Data>(
    bench: &Bench<D>,
    all: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<HashMap<String, String>, Error> {
    let names = NAMES.map(|name| format!("{}_{name}", bench.prefix));
    let prefix = format!("{}_", bench.prefix);
    let mut known = HashMap::new();
    for (name, value) in all {
        let name = name.to_string_lossy().into_owned();
        if !name.starts_with(&prefix) {
            continue;
        }
        if !names.contains(&name) {
            return Err(Error::new(format!(
                "{name} is not a variable of this bench: there are {}; unset it",
                names.join(", ")
            )));
        }
        let value = value.into_string().map_err(|value| {
            let value = value.display();
            Error::new(format!(
                "{name} is `{value}`, which is not UTF-8: give text"
            ))
        })?;
        known.insert(name, value);
    }
    Ok(known)
}

/// What `--help` says of the variables, and of what is as it was declared.
pub fn help<D: Data>(bench: &Bench<D>) -> String {
    let prefix = &bench.prefix;
    let out = format!("{prefix}_OUT");
    let mut text = format!(
        "What is compared is chosen by environment variables:\n\n  \
         {prefix}_THREADS  thread counts, separated by commas     default: 1, doubling, up to twice the cores\n  \
         {prefix}_SIZES    sizes, separated by commas: 512 is a square, 16x1000 rows x columns\n"
    );
    let sizes = |sizes: &[Size]| match sizes {
        [first, .., last] if sizes.len() > 6 => format!("{first} ... {last}"),
        sizes => sizes
            .iter()
            .map(Size::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    for (name, set) in &bench.sets {
        text += &format!("      {name} is {}\n", sizes(set));
    }
    text += &format!("      default: {}\n", sizes(&bench.sizes));
    text += &format!(
        "  {out:<width$} the folder of the records                default: plots/here\n      \
         a relative one starts where the default does, not where the shell is; the run prints the whole path\n\n",
        width = prefix.len() + 9
    );
    let views: Vec<_> = bench.views.iter().map(|view| view.name).collect();
    text += &format!(
        "An arm warms up for {} s and is measured for {} s in {SAMPLES} samples, and its baseline beside it for as long again.\n\
         Criterion's --warm-up-time, --measurement-time and --sample-size choose otherwise; the defaults are these,\n\
         whatever whole seconds it shows.\n\n\
         Shown: {}. A run prints what is doubtful, who is fastest, and the path of its page;\n\
         --verbose prints whole tables and criterion's own lines as well.\n",
        bench.warm_up.as_secs_f64(),
        bench.measurement.as_secs_f64(),
        views.join(", ")
    );
    text
}

/// 1, doubling, up to twice the cores; and the cores themselves.
pub fn default_threads(cores: usize) -> Vec<usize> {
    let most = (2 * cores).min(MOST_THREADS);
    let doubling = std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|&n| n < most);
    doubling.chain([cores.min(MOST_THREADS), most]).collect()
}

fn count_of(name: &str, text: &str) -> Result<usize, Error> {
    let count = text.parse().ok();
    let count = count.filter(|count| (1..=MOST_THREADS).contains(count));
    count.ok_or_else(|| {
        Error::new(format!(
            "{name}: `{text}` is not a thread count: give a whole number from 1 to {MOST_THREADS}"
        ))
    })
}

fn size_of<D: Data>(name: &str, text: &str, bench: &Bench<D>) -> Result<Size, Error> {
    text.parse().map_err(|error| {
        let sets: Vec<_> = bench.sets.iter().map(|(name, _)| *name).collect();
        let sets = match sets.is_empty() {
            true => String::new(),
            false => format!(", or a set: {}", sets.join(", ")),
        };
        Error::new(format!("{name}: {error}{sets}"))
    })
}

/// The values of a list. An empty one is refused: it would silently compare nothing.
fn split(name: &str, text: &str) -> Result<Vec<String>, Error> {
    let values: Vec<_> = text
        .split(',')
        .map(|value| value.trim().to_owned())
        .collect();
    if values.iter().any(String::is_empty) {
        return Err(Error::new(format!(
            "{name} is `{text}`, which has an empty value: give values separated by single commas, or unset it"
        )));
    }
    Ok(values)
}
