//! What to compare, chosen by environment variables: criterion's command line takes no options but its own.

use std::path::{Path, PathBuf};

use sigmul_runtime::ThreadCount;

use crate::Error;
use crate::grid::Shape;
use crate::registry::{self, RuntimeEntry};

/// What `--help` says of the variables. README.md shows the same text.
pub const HELP: &str = "\
What is compared is chosen by environment variables:

  SIGMUL_RUNTIMES  names, separated by commas          default: all of them
  SIGMUL_THREADS   thread counts, separated by commas  default: 1, doubling, up to twice the cores
  SIGMUL_SHAPES    sizes, separated by commas          default: llama and some of the study's squares
                   512        a square matrix
                   512x14336  rows x columns
                   llama      1x14336, 512x14336: one token and a prompt in Llama 3 8B
                   study      the squares 2^0 ... 2^15 of the student study
  SIGMUL_OUT       the folder for record and charts    default: plots (relative to the repository)

  SIGMUL_THREADS=1,2 SIGMUL_SHAPES=1024,llama SIGMUL_OUT=/tmp/plots cargo bench -p harness -- rayon
";

/// What to compare, and where to leave the result.
#[derive(Debug)]
pub struct Settings {
    /// The runtimes, in the registry's order.
    pub runtimes: Vec<&'static RuntimeEntry>,
    /// The thread counts, ascending, each once.
    pub threads: Vec<ThreadCount>,
    /// The shapes, by number of elements, each once.
    pub shapes: Vec<Shape>,
    /// The folder of all benches' records.
    pub records: PathBuf,
}

impl Settings {
    /// Reads the settings of a bench that takes `sizes` where none are chosen, through `variable`, which looks an environment
    /// variable up by its name.
    ///
    /// # Errors
    ///
    /// Where a value can't be understood: a sentence that names the variable, the value and what is allowed.
    pub fn read(sizes: &[&str], variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let list = |name: &str| variable(name).map(|text| split(name, &text)).transpose();

        let runtimes = match list("SIGMUL_RUNTIMES")? {
            None => registry::RUNTIMES.iter().collect(),
            Some(names) => {
                for name in &names {
                    registry::runtime(name)
                        .map_err(|error| Error::new(format!("SIGMUL_RUNTIMES: {error}")))?;
                }
                registry::RUNTIMES
                    .iter()
                    .filter(|entry| names.iter().any(|name| name == entry.name))
                    .collect()
            }
        };

        let mut threads = match list("SIGMUL_THREADS")? {
            None => default_threads(ThreadCount::available()),
            Some(counts) => counts
                .iter()
                .map(|count| {
                    count
                        .parse()
                        .map_err(|error| Error::new(format!("SIGMUL_THREADS: {error}")))
                })
                .collect::<Result<_, _>>()?,
        };
        threads.sort_unstable();
        threads.dedup();

        let mut shapes = Vec::new();
        for name in list("SIGMUL_SHAPES")?
            .unwrap_or_else(|| sizes.iter().copied().map(str::to_owned).collect())
        {
            shapes.extend(
                Shape::named(&name)
                    .map_err(|error| Error::new(format!("SIGMUL_SHAPES: {error}")))?,
            );
        }
        shapes.sort_unstable();
        shapes.dedup();

        let root = repository();
        let records = root.join(variable("SIGMUL_OUT").unwrap_or_else(|| "plots".into()));
        Ok(Self {
            runtimes,
            threads,
            shapes,
            records,
        })
    }
}

/// 1, doubling, up to twice the cores; and the cores themselves.
fn default_threads(cores: ThreadCount) -> Vec<ThreadCount> {
    let most = (2 * cores.get()).min(ThreadCount::MAX);
    let doubling = std::iter::successors(Some(1), |n| Some(2 * n)).take_while(|&n| n < most);
    doubling
        .chain([cores.get(), most])
        .map(|n| ThreadCount::new(n).expect("between 1 and MAX"))
        .collect()
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

/// The repository this was built in, since cargo starts a bench in its package's folder; elsewhere the current folder.
pub(crate) fn repository() -> PathBuf {
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    built_in.canonicalize().unwrap_or_default()
}
