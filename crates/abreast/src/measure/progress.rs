//! How far a run is, in one line.

use std::cell::{Cell, RefCell};
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use super::front::Times;
use super::plan::Turn;
use crate::record::Outcome;

/// What a turn is first taken to need beyond its two stretches of calls: building and warming up, twice, and waiting for quiet.
const AROUND: f64 = 1e-3;

/// Calls in a turn that are not timed, where one takes long: warming up, twice, and in a round of three watching, and one alone.
const UNTIMED: f64 = 2.0 + 2.0 / 3.0;

/// What an arm is first taken to need beyond its turns and criterion's warm-up: its checks, and criterion's own figures.
const ONCE: f64 = 0.05;

/// How long a line stands, at least, where it is rewritten in place, and where each is one line more.
const REWRITTEN: Duration = Duration::from_millis(100);
const ADDED: Duration = Duration::from_secs(30);

/// How far a run is.
pub(super) struct Progress {
    name: String,
    times: Times,
    /// Those that take turns with one another, in order.
    groups: Vec<Group>,
    now: RefCell<Now>,
    shown: Cell<Option<Instant>>,
}

struct Group {
    sizes: String,
    arms: usize,
    /// Of the largest size.
    elements: f64,
}

/// Where it is, and what was learnt so far; all times in seconds.
struct Now {
    /// The group in progress; one too many until the first is.
    group: usize,
    /// Its rounds that are over.
    rounds: usize,
    /// Its arms that are done.
    arms: usize,
    /// When its second round began: the first takes longer.
    second: Option<Instant>,
    /// When its last round was over.
    over: Option<Instant>,
    /// The baseline's time of an element.
    per_element: Option<f64>,
    /// An arm's turn, in which the baseline's call took so long.
    turn: (f64, f64),
    /// What an arm takes beyond its turns.
    once: f64,
}

impl Progress {
    /// None of `groups` has begun; the run is called `name`.
    pub(super) fn new(name: &str, times: Times, groups: &[Vec<Turn>]) -> Self {
        let group = |turns: &Vec<Turn>| {
            let (first, last) = (turns[0].at.size, turns[turns.len() - 1].at.size);
            Group {
                sizes: match first == last {
                    true => first.to_string(),
                    false => format!("{first} to {last}"),
                },
                arms: turns.len(),
                elements: last.elements() as f64,
            }
        };
        let length = times.turn().as_secs_f64();
        Self {
            name: name.to_owned(),
            times,
            groups: groups.iter().map(group).collect(),
            now: RefCell::new(Now {
                group: usize::MAX,
                rounds: 0,
                arms: 0,
                second: None,
                over: None,
                per_element: None,
                turn: (2.0 * length + AROUND, 0.0),
                once: times.warm_up.as_secs_f64() + ONCE,
            }),
            shown: Cell::new(None),
        }
    }

    /// The next of those that take turns begin.
    pub(super) fn group(&self) {
        let mut now = self.now.borrow_mut();
        self.learn(&mut now);
        now.group = now.group.wrapping_add(1);
        (now.rounds, now.arms, now.second, now.over) = (0, 0, None, None);
        drop(now);
        self.show();
    }

    /// So many of their rounds are over.
    pub(super) fn rounds(&self, over: usize) {
        let mut now = self.now.borrow_mut();
        now.rounds = over;
        if over > 0 {
            now.over = Some(Instant::now());
            now.second = now.second.or(now.over);
        }
        drop(now);
        self.show();
    }

    /// One of their arms is done. What comes next may write.
    pub(super) fn arm(&self, outcome: &Outcome) {
        let mut now = self.now.borrow_mut();
        let Some(group) = self.groups.get(now.group) else {
            return;
        };
        now.arms += 1;
        if now.over.is_some() && now.rounds < self.times.samples {
            now.rounds = self.times.samples;
            now.over = Some(Instant::now());
        }
        if let Outcome::Measured { samples, .. } = outcome
            && let Some(sample) = samples.last()
        {
            let call = sample.pair.baseline_ns_per_call() * 1e-9;
            now.per_element = Some(call / group.elements);
        }
        drop(now);
        self.show();
        if io::stderr().is_terminal() {
            eprint!("\r\x1b[K");
        }
    }

    /// Holds on to how long the group in progress took.
    fn learn(&self, now: &mut Now) {
        let (Some(group), Some(second), Some(over)) =
            (self.groups.get(now.group), now.second, now.over)
        else {
            return;
        };
        let arms = group.arms as f64;
        if now.rounds > 1 {
            let turns = arms * (now.rounds - 1) as f64;
            let call = now.per_element.unwrap_or(0.0) * group.elements;
            now.turn = ((over - second).as_secs_f64() / turns, call);
        }
        now.once = over.elapsed().as_secs_f64() / arms;
    }

    /// How long a turn of `group` takes: as long as one did, but for calls that are longer than a turn was meant to be.
    fn turn(&self, now: &Now, group: &Group) -> f64 {
        let (took, call_then) = now.turn;
        let call = now.per_element.unwrap_or(0.0) * group.elements;
        let length = |call: f64| 2.0 * call.max(self.times.turn().as_secs_f64()) + UNTIMED * call;
        (took + length(call) - length(call_then)).max(0.0)
    }

    /// The seconds that are left.
    fn left(&self, now: &Now) -> f64 {
        let rounds = self.times.samples as f64;
        let of_group =
            |group: &Group| group.arms as f64 * (rounds * self.turn(now, group) + now.once);
        let Some(group) = self.groups.get(now.group) else {
            return self.groups.iter().map(of_group).sum();
        };
        let round = match (now.second, now.over) {
            (Some(second), Some(over)) if now.rounds > 1 => {
                (over - second).as_secs_f64() / (now.rounds - 1) as f64
            }
            _ => group.arms as f64 * self.turn(now, group),
        };
        let to_come = self.times.samples.saturating_sub(now.rounds) as f64 * round;
        let arms = group.arms.saturating_sub(now.arms) as f64 * now.once;
        let later = self.groups[now.group + 1..].iter().map(of_group);
        to_come + arms + later.sum::<f64>()
    }

    /// The line, where one is due.
    fn show(&self) {
        let in_place = io::stderr().is_terminal();
        let stands = if in_place { REWRITTEN } else { ADDED };
        let is_due = |shown: Instant| shown.elapsed() >= stands;
        let now = self.now.borrow();
        let Some(group) = self.groups.get(now.group) else {
            return;
        };
        if !self.shown.get().is_none_or(is_due) {
            return;
        }
        self.shown.set(Some(Instant::now()));
        let left = self.left(&now).ceil() as u64;
        // How long a call takes at the sizes to come is not known until it is at one.
        let about = match now.per_element {
            Some(_) => "about",
            None => "at least",
        };
        let line = format!(
            "{}: {} ({} of {}), round {} of {}, {about} {} min {:02} s left",
            self.name,
            group.sizes,
            now.group + 1,
            self.groups.len(),
            (now.rounds + 1).min(self.times.samples),
            self.times.samples,
            left / 60,
            left % 60
        );
        match in_place {
            true => eprint!("\r\x1b[K{line}"),
            false => eprintln!("{line}"),
        }
    }
}
