//! A bench from end to end: every arm of its grid verified, measured, recorded; then the table and the charts.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use criterion::{Criterion, SamplingMode, Throughput};

use crate::analyse::{Pair, analyse};
use crate::benches::Bench;
use crate::grid::Arm;
use crate::machine::Machine;
use crate::measure::measure;
use crate::record::{Outcome, Row, Writer};
use crate::settings::{self, Settings};
use crate::{Error, chart, matrix, record, table};

/// Samples an arm, unless the command line says otherwise: enough for a 95 % interval of the median.
const SAMPLES: usize = 30;

/// Criterion's own bootstrap is for its report on the terminal alone; its default of 100,000 would take longer than
/// many arms do.
const CRITERION_RESAMPLES: usize = 5000;

/// Runs `bench` as the command line and the environment say.
pub fn main(bench: &'static Bench) -> ExitCode {
    if env::args().any(|argument| argument == "--help" || argument == "-h") {
        // Criterion prints its own help below, and exits.
        println!("{}", settings::HELP);
    }
    match run(bench) {
        Ok(failed) if failed.is_empty() => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("\nerror: {} arms failed:", failed.len());
            failed.iter().for_each(|failure| eprintln!("  {failure}"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the bench and gives the arms that failed, each with its reason.
fn run(bench: &'static Bench) -> Result<Vec<String>, Error> {
    let settings = Settings::read(bench, |name| env::var(name).ok())?;
    let machine = Machine::look();
    matrix::check_memory(&settings.shapes, machine.memory_available_bytes)?;
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(SAMPLES)
        .warm_up_time(bench.warm_up)
        .measurement_time(bench.measurement)
        .nresamples(CRITERION_RESAMPLES)
        .configure_from_args();
    let mut run = Run {
        bench,
        keep: measures(),
        machine,
        settings,
        writer: None,
        rows: Vec::new(),
        progress: Progress::new(),
    };
    if run.keep {
        record::prepare_folder(&run.settings.out)?;
    }
    run.all(&mut criterion)?;
    criterion.final_summary();
    run.finish()
}

/// Whether this is a run that measures: `cargo bench` says `--bench`, and some of criterion's modes do something else.
fn measures() -> bool {
    let given = |names: &[&str]| {
        env::args().any(|argument| names.contains(&argument.split('=').next().unwrap_or_default()))
    };
    given(&["--bench"]) && !given(&["--test", "--list", "--profile-time", "--load-baseline"])
}

/// A run in progress.
struct Run {
    bench: &'static Bench,
    /// Whether rows go to a record.
    keep: bool,
    machine: Machine,
    settings: Settings,
    /// Opened with the first arm that is measured: a run that measures nothing leaves the record as it was.
    writer: Option<Writer>,
    rows: Vec<Row>,
    progress: Progress,
}

impl Run {
    fn all(&mut self, criterion: &mut Criterion) -> Result<(), Error> {
        let arms = (self.bench.grid)(&self.settings);
        self.progress.total = arms.len();
        for arms in arms.chunk_by(|a, b| a.shape == b.shape) {
            let shape = arms[0].shape;
            let mut group = criterion.benchmark_group(shape.to_string());
            group
                .sampling_mode(SamplingMode::Flat)
                .throughput(Throughput::BytesDecimal(shape.bytes() as u64));
            let mut matrix = None;
            for arm in arms {
                let result = measure(&mut group, arm, &mut matrix, || self.progress.announce(arm));
                self.progress.seen += 1;
                if let Err(error) = &result {
                    eprintln!("FAILED {}: {error}", arm.key());
                }
                self.keep_row(arm, result)?;
            }
            group.finish();
        }
        Ok(())
    }

    /// Adds what became of an arm to the record, before the next one starts.
    fn keep_row(
        &mut self,
        arm: &Arm,
        result: Result<Option<Vec<Pair>>, Error>,
    ) -> Result<(), Error> {
        let (outcome, pairs) = match result {
            Ok(None) => (Outcome::Skipped, Vec::new()),
            Err(error) => (Outcome::Failed(error.to_string()), Vec::new()),
            Ok(Some(pairs)) => match analyse(&pairs) {
                Some(figures) => (Outcome::Measured(figures), pairs),
                None if self.keep => {
                    let why = "fewer than 2 samples were taken (criterion's --quick takes none that can be kept)";
                    (Outcome::Failed(why.to_owned()), Vec::new())
                }
                None => (Outcome::Skipped, Vec::new()),
            },
        };
        let row = Row {
            key: arm.key(),
            baseline: arm.baseline_label().to_owned(),
            oversubscribed: arm.threads.is_oversubscribed(),
            outcome,
        };
        if self.keep {
            if self.writer.is_none() && row.outcome != Outcome::Skipped {
                // Charts of an earlier run must not stand beside the rows of this one.
                chart::remove(&self.settings.out)?;
                self.machine.write(&self.settings.out)?;
                let mut writer = Writer::create(self.bench, &self.settings.out)?;
                for skipped in &self.rows {
                    writer.append(skipped, &[])?;
                }
                self.writer = Some(writer);
            }
            if let Some(writer) = &mut self.writer {
                writer.append(&row, &pairs)?;
            }
        }
        self.rows.push(row);
        Ok(())
    }

    /// Prints the table, draws the charts, and gives the arms that failed.
    fn finish(self) -> Result<Vec<String>, Error> {
        if self.writer.is_some() {
            let text = table::table(self.bench, &self.rows, &self.machine);
            let drawn = chart::draw(self.bench, &self.settings.out, &self.rows, &self.machine)?;
            // A reader that closed the pipe early is not an error of this program.
            let _ = writeln!(io::stdout(), "\n{text}\n{}", chart::paths(&drawn));
        } else if self.keep {
            println!(
                "Nothing was measured: no arm is selected. {} is as it was.",
                self.settings.out.display()
            );
        }
        let failed = self.rows.iter().filter_map(|row| match &row.outcome {
            Outcome::Failed(why) => Some(format!("{}: {why}", row.key)),
            _ => None,
        });
        Ok(failed.collect())
    }
}

/// How far the run is.
struct Progress {
    start: Instant,
    total: usize,
    seen: usize,
    started: usize,
}

impl Progress {
    fn new() -> Self {
        Self {
            start: Instant::now(),
            total: 0,
            seen: 0,
            started: 0,
        }
    }

    /// Says which arm comes now and, from the second on, how long the rest will take if it goes on as before: as many of
    /// the arms selected by the filter, each as long.
    fn announce(&mut self, arm: &Arm) {
        let mut left = String::new();
        if self.started > 0 {
            let per_arm = self.start.elapsed() / self.seen as u32;
            let seconds = (per_arm * (self.total - self.seen) as u32).as_secs();
            left = format!(", about {} min {:02} s left", seconds / 60, seconds % 60);
        }
        self.started += 1;
        eprintln!(
            "\n[{}/{}] {}: {}{left}",
            self.seen + 1,
            self.total,
            arm.key(),
            arm.runtime.contains
        );
    }
}
