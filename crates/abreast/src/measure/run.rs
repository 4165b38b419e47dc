//! A bench from end to end: every arm verified, measured, recorded; then the tables and the charts.

use std::cell::RefCell;
use std::collections::HashSet;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use criterion::Criterion;

use super::front::{self, SAMPLES};
use super::plan::{Turn, check_memory, turns};
use super::turns::Turns;
use crate::Error;
use crate::analyse::{Analysis, doubt};
use crate::declare::settings::{self, Settings};
use crate::declare::{Bench, Data};
use crate::record::load::{self, Watch};
use crate::record::{
    Declared, Machine, Outcome, Record, Role, Taken, Writer, prepare_folder, run_folder,
};
use crate::show::{files, sections, text};

/// Runs `bench` as the command line and the environment say.
pub(crate) fn main<D: Data>(bench: &Bench<D>) -> ExitCode {
    if front::asks_for_help() {
        // Criterion prints its own help below, and exits.
        println!("{}", settings::help(bench));
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
fn run<D: Data>(bench: &Bench<D>) -> Result<Vec<String>, Error> {
    let settings = Settings::read(bench, |name| env::var(name).ok())?;
    let turns = turns(bench, &settings)?;
    let mut machine = Machine::look(&bench.root);
    check_memory(bench, &turns, machine.memory_available_bytes)?;
    let mut criterion = front::criterion(bench);
    let out = settings.records.join(&bench.declared.bench);
    let mut kept = None;
    if front::measures() {
        prepare_folder(&out)?;
        machine.command = front::command(&bench.prefix);
        kept = Some(kept_of(&turns, &front::selected()?));
        machine.load_before = load::now();
        let doubts = doubt::doubts(&machine, &[]);
        doubts
            .iter()
            .for_each(|doubt| eprintln!("DOUBTFUL: {doubt}"));
    }
    let total = kept.as_ref().map_or(turns.len(), HashSet::len);
    let mut run = Run {
        bench,
        declared: Declared {
            views: bench
                .views
                .iter()
                .map(|view| view.name.to_owned())
                .collect(),
            ..bench.declared.clone()
        },
        kept,
        machine,
        out,
        open: None,
        arms: Vec::new(),
        watch: Watch::start(),
        progress: Progress::new(total),
    };
    run.all(&mut criterion, &turns)?;
    criterion.final_summary();
    run.finish()
}

/// The names of the turns that are taken where the filter has `selected` some: those, and at their sizes and in cache whatever
/// does not compete, so that a speedup is never without its noise floor and its ceilings.
fn kept_of(turns: &[Turn], selected: &HashSet<String>) -> HashSet<String> {
    let is_selected = |turn: &Turn| selected.contains(&turn.key.to_string());
    let stays = |turn: &&Turn| {
        let beside = turns
            .iter()
            .any(|other| other.at.size == turn.at.size && is_selected(other));
        let only_baseline = turns
            .iter()
            .filter(|other| other.at.size == turn.at.size)
            .all(|other| other.arm.is_none() || other.role == Role::Baseline);
        is_selected(turn) || turn.role != Role::Contender && (beside || only_baseline)
    };
    match turns.iter().any(is_selected) {
        true => turns
            .iter()
            .filter(stays)
            .map(|turn| turn.key.to_string())
            .collect(),
        false => HashSet::new(),
    }
}

/// A run in progress.
struct Run<'a, D> {
    bench: &'a Bench<D>,
    declared: Declared,
    /// The names of the arms to be measured; none where nothing is to be recorded.
    kept: Option<HashSet<String>>,
    machine: Machine,
    /// The folder of the bench's runs.
    out: PathBuf,
    /// This run's own folder, and what writes there, from the first arms that are measured on: a run that measures none leaves
    /// nothing.
    open: Option<(PathBuf, Rc<RefCell<Writer>>)>,
    arms: Vec<Taken>,
    watch: Watch,
    progress: Progress,
}

impl<D: Data> Run<'_, D> {
    fn all(&mut self, criterion: &mut Criterion, all: &[Turn]) -> Result<(), Error> {
        if self.bench.sizes_take_turns {
            return self.turns(criterion, all);
        }
        let mut sizes = all.chunk_by(|a, b| a.at.size == b.at.size);
        sizes.try_for_each(|turns| self.turns(criterion, turns))
    }

    /// Measures arms that take turns with one another.
    fn turns(&mut self, criterion: &mut Criterion, all: &[Turn]) -> Result<(), Error> {
        let kept: Vec<_> = all
            .iter()
            .filter(|turn| self.is_kept(turn))
            .cloned()
            .collect();
        if self.kept.is_some() && !kept.is_empty() {
            self.progress.announce(&kept);
        }
        if self.kept.is_some() && !kept.is_empty() {
            self.begin(&kept)?;
        }
        let writer = self.open.as_ref().map(|(_, writer)| Rc::clone(writer));
        let mut turns = Turns::new(self.bench, &kept, move |key, sample| match &writer {
            Some(writer) => writer.borrow_mut().sample(key, sample),
            None => Ok(()),
        });
        let mut unasked = Vec::new();
        let mut asked = false;
        for of_size in all.chunk_by(|a, b| a.at.size == b.at.size) {
            let size = of_size[0].at.size;
            let mut group = front::group(criterion, size, D::moved(size));
            for turn in of_size {
                let Some(index) = kept.iter().position(|kept| kept.key == turn.key) else {
                    self.keep(turn, Outcome::Skipped)?;
                    continue;
                };
                // On private data criterion has nothing to ask for.
                if turn.arm.is_none() {
                    unasked.push((turn, index));
                    continue;
                }
                let recorded = self.kept.is_some();
                let key = (index, &turn.key);
                let taken = front::measure(&mut group, key, &mut turns, recorded, Progress::round);
                let outcome = match taken {
                    Ok(Some(front::Measured { samples, accuracy })) => {
                        Outcome::Measured { samples, accuracy }
                    }
                    // Left out by the filter, and here for the others' sake.
                    Ok(None) => {
                        unasked.push((turn, index));
                        continue;
                    }
                    Err(outcome) => outcome,
                };
                asked = true;
                self.progress.done += 1;
                self.keep(turn, outcome)?;
            }
            group.finish();
        }
        if self.kept.is_some() {
            // Where nothing was asked for, nobody has had a turn yet.
            if !asked && !unasked.is_empty() {
                let length = self.bench.measurement / SAMPLES as u32;
                (0..SAMPLES).for_each(|_| turns.round(length));
            }
            for (turn, index) in unasked {
                self.progress.done += 1;
                self.keep(turn, turns.rest(index))?;
            }
        }
        Ok(())
    }

    /// Whether the arm takes turns; criterion itself asks where nothing is recorded.
    fn is_kept(&self, turn: &Turn) -> bool {
        let kept = self.kept.as_ref();
        kept.is_none_or(|names| names.contains(&turn.key.to_string()))
    }

    /// Adds what became of an arm to the record, before criterion asks for the next one.
    fn keep(&mut self, turn: &Turn, outcome: Outcome) -> Result<(), Error> {
        let outcome = match outcome {
            Outcome::Measured { samples, .. } if self.kept.is_some() && samples.len() < 2 => {
                let why = "fewer than 2 samples were taken (criterion's --quick takes none that can be kept)";
                Outcome::Failed(why.to_owned())
            }
            outcome => outcome,
        };
        if matches!(outcome, Outcome::Failed(_) | Outcome::Refused(_)) {
            eprintln!("{}: {outcome}", turn.key);
        }
        let taken = self.taken(turn, outcome);
        if let Some((_, writer)) = &self.open {
            writer.borrow_mut().arm(&taken)?;
        }
        self.arms.push(taken);
        Ok(())
    }

    fn taken(&self, turn: &Turn, outcome: Outcome) -> Taken {
        Taken {
            key: turn.key.clone(),
            role: turn.role.clone(),
            baseline: self.bench.arms[turn.baseline.0].1.name.clone(),
            bytes: D::moved(turn.at.size),
            outcome,
        }
    }

    /// Writes down that `turns` begin, so that a run which is killed keeps the rounds it had; in a folder of its own that has the arms
    /// there are.
    fn begin(&mut self, turns: &[Turn]) -> Result<(), Error> {
        if self.open.is_none() {
            let folder = run_folder(&self.out, &self.machine.date)?;
            self.machine.write(&folder)?;
            let mut writer = Writer::create(&self.declared, &folder)?;
            self.arms
                .iter()
                .try_for_each(|skipped| writer.arm(skipped))?;
            self.open = Some((folder, Rc::new(RefCell::new(writer))));
        }
        if let Some((_, writer)) = &self.open {
            for turn in turns {
                let begun = self.taken(turn, Outcome::Begun);
                writer.borrow_mut().arm(&begun)?;
            }
        }
        Ok(())
    }

    /// Prints the tables, draws the charts, and gives the arms that failed.
    fn finish(mut self) -> Result<Vec<String>, Error> {
        let failed = self.arms.iter().filter_map(|taken| match &taken.outcome {
            Outcome::Failed(why) => Some(format!("{}: {why}", taken.key)),
            _ => None,
        });
        let failed = failed.collect();
        if let Some((folder, _)) = &self.open {
            self.machine.look_back(&self.watch);
            self.machine.write(folder)?;
            let of = Analysis::new(Record {
                declared: self.declared,
                machine: self.machine,
                later: Vec::new(),
                arms: self.arms,
            });
            let sections = sections(&of, &self.bench.views);
            let drawn = files::write(&of, &sections, folder)?;
            let text = text(&of, &sections);
            // A reader that closed the pipe early is not an error of this program.
            let _ = writeln!(io::stdout(), "\n{text}\n{}", files::paths(&drawn));
        } else if self.kept.is_some() {
            println!("Nothing was measured: no arm is selected.");
        }
        Ok(failed)
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
    fn announce(&self, turns: &[Turn]) {
        let mut left = String::new();
        if self.done > 0 {
            let per_arm = self.start.elapsed() / self.done as u32;
            let seconds = (per_arm * self.total.saturating_sub(self.done) as u32).as_secs();
            left = format!(", about {} min {:02} s left", seconds / 60, seconds % 60);
        }
        eprintln!(
            "\n[{} of {} arms done{left}] {} taking turns, from {} on",
            self.done,
            self.total,
            turns.len(),
            turns[0].key
        );
    }

    /// Says that a round begins, where someone is looking.
    fn round(before: usize) {
        if io::stderr().is_terminal() {
            eprint!("\rround {} ", before + 1);
        }
    }
}
