//! A bench from end to end: every arm of its grid verified, measured, recorded; then the table and the charts.

use std::collections::HashSet;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, Throughput};

use crate::analyse::{Figures, Sample, analyse};
use crate::benches::Bench;
use crate::grid::Arm;
use crate::load::{self, Watch};
use crate::machine::Machine;
use crate::measure::measure;
use crate::record::{Outcome, Row, Writer};
use crate::settings::{self, Settings};
use crate::turns::Turns;
use crate::{Error, chart, doubt, matrix, record};

/// Samples an arm, unless the command line says otherwise: enough for a 95 % interval of the median.
const SAMPLES: usize = 30;

/// Criterion's own bootstrap is for its report on the terminal alone; its default of 100,000 would take longer than
/// many arms do.
const CRITERION_RESAMPLES: usize = 1000;

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
    let settings = Settings::read(bench.shapes, |name| env::var(name).ok())?;
    let mut machine = Machine::look(&settings::repository());
    matrix::check_memory(&settings.shapes, machine.memory_available_bytes)?;
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(SAMPLES)
        .warm_up_time(bench.warm_up)
        .measurement_time(bench.measurement)
        .nresamples(CRITERION_RESAMPLES)
        .configure_from_args();
    let arms = (bench.grid)(&settings);
    let mut selected = None;
    if measures() {
        record::prepare_folder(&bench.folder_in(&settings.records))?;
        selected = Some(ask_for_selected()?);
        machine.load_before = load::now();
        let doubts = doubt::doubts(&machine, &[]);
        doubts
            .iter()
            .for_each(|doubt| eprintln!("DOUBTFUL: {doubt}"));
    }
    let total = selected.as_ref().map_or(arms.len(), HashSet::len);
    let mut run = Run {
        bench,
        selected,
        machine,
        out: bench.folder_in(&settings.records),
        records: settings.records,
        writer: None,
        rows: Vec::new(),
        watch: Watch::start(),
        progress: Progress::new(total),
    };
    run.all(&mut criterion, &arms)?;
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

/// The names of the arms that criterion's filter selects. The filter is criterion's own affair, so this program is run once
/// more to list them; the arms that take turns must be known before the first does.
fn ask_for_selected() -> Result<HashSet<String>, Error> {
    let listed = || {
        let mut list = Command::new(env::current_exe()?);
        list.args(env::args_os().skip(1));
        list.args(["--list", "--format=terse"]);
        list.stderr(Stdio::inherit()).output()
    };
    let out = listed().map_err(|error| Error::new(format!("the arms can't be listed: {error}")))?;
    if !out.status.success() {
        return Err(Error::new("the arms can't be listed: see above"));
    }
    let names = String::from_utf8_lossy(&out.stdout);
    let names = names
        .lines()
        .filter_map(|line| line.strip_suffix(": benchmark"));
    Ok(names.map(str::to_owned).collect())
}

/// A run in progress.
struct Run {
    bench: &'static Bench,
    /// The names of the arms to be measured; none where nothing is to be recorded.
    selected: Option<HashSet<String>>,
    machine: Machine,
    /// The folder for record and charts.
    out: PathBuf,
    /// The folder of all records.
    records: PathBuf,
    /// Opened with the first arm that is measured: a run that measures nothing leaves the record as it was.
    writer: Option<Writer>,
    rows: Vec<Row>,
    watch: Watch,
    progress: Progress,
}

impl Run {
    fn all(&mut self, criterion: &mut Criterion, arms: &[Arm]) -> Result<(), Error> {
        if self.bench.sizes_take_turns {
            return self.turns(criterion, arms);
        }
        let mut shapes = arms.chunk_by(|a, b| a.shape == b.shape);
        shapes.try_for_each(|arms| self.turns(criterion, arms))
    }

    /// Measures arms that take turns with one another.
    fn turns(&mut self, criterion: &mut Criterion, arms: &[Arm]) -> Result<(), Error> {
        let selected = arms.iter().copied();
        let selected: Vec<_> = selected.filter(|arm| self.is_selected(arm)).collect();
        if self.selected.is_some() && !selected.is_empty() {
            self.progress.announce(&selected);
        }
        let mut turns = Turns::new(&selected);
        let mut indices = 0..;
        for arms in arms.chunk_by(|a, b| a.shape == b.shape) {
            let shape = arms[0].shape;
            let mut group = criterion.benchmark_group(shape.to_string());
            group
                .sampling_mode(SamplingMode::Flat)
                .throughput(Throughput::BytesDecimal(shape.bytes() as u64));
            for arm in arms {
                if self.is_selected(arm) {
                    let index = indices.next().unwrap_or_default();
                    self.arm(&mut group, arm, index, &mut turns)?;
                } else {
                    self.keep(arm, Outcome::Skipped, &[])?;
                }
            }
            group.finish();
        }
        Ok(())
    }

    /// Whether the filter leaves the arm in; criterion itself asks where nothing is recorded.
    fn is_selected(&self, arm: &Arm) -> bool {
        let selected = self.selected.as_ref();
        selected.is_none_or(|names| names.contains(&arm.key().to_string()))
    }

    /// Measures one of them.
    fn arm(
        &mut self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        arm: &Arm,
        index: usize,
        turns: &mut Turns,
    ) -> Result<(), Error> {
        let recorded = self.selected.is_some();
        let key = arm.key();
        let result = measure(group, (index, &key), turns, recorded, Progress::round);
        self.progress.done += 1;
        match result {
            Ok(Some(measured)) if recorded => match analyse(&measured.samples) {
                Some(figures) => {
                    let figures = Figures {
                        accuracy: measured.accuracy,
                        ..figures
                    };
                    self.keep(arm, Outcome::Measured(Box::new(figures)), &measured.samples)
                }
                None => {
                    let why = "fewer than 2 samples were taken (criterion's --quick takes none that can be kept)";
                    self.keep(arm, Outcome::Failed(why.to_owned()), &[])
                }
            },
            Ok(_) => Ok(()),
            Err(outcome) => {
                eprintln!("{key}: {outcome}");
                self.keep(arm, outcome, &[])
            }
        }
    }

    /// Adds what became of an arm to the record, before criterion asks for the next one.
    fn keep(&mut self, arm: &Arm, outcome: Outcome, samples: &[Sample]) -> Result<(), Error> {
        let row = Row {
            key: arm.key(),
            role: arm.role(),
            baseline: arm.baseline_label().to_owned(),
            oversubscribed: arm.threads.is_oversubscribed(),
            outcome,
        };
        if self.selected.is_some() {
            if self.writer.is_none() && row.outcome != Outcome::Skipped {
                self.open()?;
            }
            if let Some(writer) = &mut self.writer {
                writer.append(&row, samples)?;
            }
        }
        self.rows.push(row);
        Ok(())
    }

    /// Starts the record, with the rows there are, where the one before was put aside.
    fn open(&mut self) -> Result<(), Error> {
        let out = &self.out;
        let earlier = self.records.join("earlier").join(self.bench.name);
        if let Some(earlier) = record::aside(out, &earlier)? {
            eprintln!("The record that was here is now in {}", earlier.display());
        }
        self.machine.write(out)?;
        let mut writer = Writer::create(self.bench.name, out)?;
        for skipped in &self.rows {
            writer.append(skipped, &[])?;
        }
        self.writer = Some(writer);
        Ok(())
    }

    /// Prints the table, draws the charts, and gives the arms that failed.
    fn finish(mut self) -> Result<Vec<String>, Error> {
        if self.writer.is_some() {
            self.machine.look_back(&self.watch);
            self.machine.write(&self.out)?;
            let text = self.bench.table(&self.rows, &self.machine);
            let drawn = chart::draw(self.bench, &self.out, &self.rows, &self.machine)?;
            // A reader that closed the pipe early is not an error of this program.
            let _ = writeln!(io::stdout(), "\n{text}\n{}", chart::paths(&drawn));
        } else if self.selected.is_some() {
            println!(
                "Nothing was measured: no arm is selected. {} is as it was.",
                self.out.display()
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
    done: usize,
}

impl Progress {
    fn new(total: usize) -> Self {
        Self {
            start: Instant::now(),
            total,
            done: 0,
        }
    }

    /// Says which arms come now and how long the rest will take if it goes on as before, each arm as long.
    fn announce(&self, arms: &[Arm]) {
        let mut left = String::new();
        if self.done > 0 {
            let per_arm = self.start.elapsed() / self.done as u32;
            let seconds = (per_arm * (self.total - self.done) as u32).as_secs();
            left = format!(", about {} min {:02} s left", seconds / 60, seconds % 60);
        }
        eprintln!(
            "\n[{} of {} arms done{left}] {} taking turns, from {} on",
            self.done,
            self.total,
            arms.len(),
            arms[0].key()
        );
    }

    /// Says that a round begins, where someone is looking.
    fn round(before: usize) {
        if io::stderr().is_terminal() {
            eprint!("\rround {} ", before + 1);
        }
    }
}
