//! A bench from end to end: every arm verified, measured, recorded; then the tables and the charts.

use std::cell::RefCell;
use std::collections::HashSet;
use std::env;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;

use criterion::Criterion;

use super::front::{self, Times};
use super::plan::{Turn, check_memory, turns};
use super::progress::Progress;
use super::quiet::Quiet;
use super::turns::Turns;
use crate::Error;
use crate::analyse::{Analysis, doubt};
use crate::declare::settings::{self, Settings};
use crate::declare::{Bench, Data};
use crate::record::load::{self, Watch};
use crate::record::machine::available_memory;
use crate::record::{
    Declared, Machine, Outcome, Record, Role, Taken, Writer, prepare_folder, run_folder,
};
use crate::show::words::line;
use crate::show::{brief, files, sections, text};

/// Runs `bench` as the command line and the environment say.
pub(crate) fn main<D: Data>(bench: &Bench<D>) -> ExitCode {
    if front::asks_for_help() {
        // Criterion prints its own help below, and exits.
        println!("{}", settings::help(bench));
    }
    match run(bench) {
        Ok(failed) if failed.is_empty() => ExitCode::SUCCESS,
        Ok(failed) => {
            let arms = if failed.len() == 1 { "arm" } else { "arms" };
            eprintln!("\nerror: {} {arms} failed:", failed.len());
            failed
                .iter()
                .for_each(|failure| eprintln!("  {}", line(failure)));
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
    let mut criterion = front::criterion(bench)?;
    let variables = settings::variables(bench, env::vars_os())?;
    let settings = Settings::read(bench, |name| variables.get(name).cloned())?;
    let turns = turns(bench, &settings)?;
    let mut machine = Machine::look(&bench.root);
    let groups = groups(bench, &turns);
    for group in &groups {
        check_memory(bench, group, machine.memory_available_bytes)?;
    }
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
    let times = Times::of(bench);
    let is_kept = |turn: &&Turn| {
        let names = kept.as_ref();
        names.is_some_and(|names| names.contains(&turn.key.to_string()))
    };
    let kept_of = |group: &&[Turn]| group.iter().filter(is_kept).cloned().collect::<Vec<_>>();
    let mut measured: Vec<_> = groups.iter().map(kept_of).collect();
    measured.retain(|group| !group.is_empty());
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
        progress: Progress::new(&bench.declared.bench, times, &measured),
        times,
        quiet: front::quiet(),
    };
    for group in groups {
        run.turns(&mut criterion, group)?;
    }
    let quiet = run.quiet.begin();
    criterion.final_summary();
    drop(quiet);
    run.finish()
}

/// Those of `all` that take turns with one another: of one size, or of all.
fn groups<'a, D: Data>(bench: &Bench<D>, all: &'a [Turn]) -> Vec<&'a [Turn]> {
    all.chunk_by(|a, b| bench.sizes_take_turns || a.at.size == b.at.size)
        .collect()
}

/// The names of the turns that are taken where the filter has `selected` some: those, and at their sizes and in cache whatever
/// does not compete, so that a speedup is never without its noise floor and its ceilings.
fn kept_of(turns: &[Turn], selected: &HashSet<String>) -> HashSet<String> {
    let is_selected = |turn: &Turn| selected.contains(&turn.key.to_string());
    let stays = |turn: &&Turn| {
        let mut there = turns.iter().filter(|other| other.at.size == turn.at.size);
        let beside = there.clone().any(is_selected);
        // The ceiling of cores is of all sizes.
        let in_cache = there.any(|other| other.arm.is_none())
            && (turn.arm.is_none() || turn.role == Role::Baseline);
        is_selected(turn) || turn.role != Role::Contender && (beside || in_cache)
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
    times: Times,
    quiet: Quiet,
}

impl<D: Data> Run<'_, D> {
    /// Measures arms that take turns with one another.
    fn turns(&mut self, criterion: &mut Criterion, all: &[Turn]) -> Result<(), Error> {
        let kept: Vec<_> = all
            .iter()
            .filter(|turn| self.is_kept(turn))
            .cloned()
            .collect();
        if self.kept.is_some() && !kept.is_empty() {
            self.progress.group();
        }
        let fits = match self.kept {
            Some(_) => check_memory(self.bench, &kept, available_memory()),
            None => Ok(()),
        };
        if let Err(error) = fits {
            for turn in all {
                let outcome = match self.is_kept(turn) {
                    true => Outcome::Refused(error.to_string()),
                    false => Outcome::Skipped,
                };
                self.keep(turn, outcome)?;
            }
            return Ok(());
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
                let how = (self.kept.is_some(), &self.quiet);
                let key = (index, &turn.key);
                let announce = |over| self.progress.rounds(over);
                let taken = front::measure(&mut group, key, &mut turns, how, &announce)?;
                let outcome = match taken {
                    Some(Ok(front::Measured { samples, accuracy })) => {
                        Outcome::Measured { samples, accuracy }
                    }
                    Some(Err(outcome)) => outcome,
                    // Left out by the filter, and here for the others' sake.
                    None => {
                        unasked.push((turn, index));
                        continue;
                    }
                };
                asked = true;
                self.progress.arm(&outcome);
                self.keep(turn, outcome)?;
            }
            let _quiet = self.quiet.begin();
            group.finish();
        }
        if self.kept.is_some() {
            // Where nothing was asked for, nobody has had a turn yet.
            if !asked && !unasked.is_empty() {
                for over in 0..self.times.samples {
                    self.progress.rounds(over);
                    turns.round(self.times.turn());
                }
            }
            for (turn, index) in unasked {
                let outcome = turns.rest(index);
                self.progress.arm(&outcome);
                self.keep(turn, outcome)?;
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
        // What is the matter with several arms is said once.
        let before = self.arms.last().map(|taken| &taken.outcome);
        if matches!(outcome, Outcome::Failed(_) | Outcome::Refused(_)) && before != Some(&outcome) {
            eprintln!("{}", line(&format!("{}: {outcome}", turn.key)));
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
            let text = match front::is_verbose() {
                true => format!("{}\n{}", text(&of, &sections), files::paths(&drawn)),
                false => format!("{}\n{}", brief(&of, &sections), files::page_path(&drawn)),
            };
            // A reader that closed the pipe early is not an error of this program.
            let _ = writeln!(io::stdout(), "\n{text}");
        } else if self.kept.is_some() {
            println!("Nothing was measured: no arm is selected.");
        }
        Ok(failed)
    }
}
