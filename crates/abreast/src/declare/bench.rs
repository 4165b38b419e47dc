//! A bench: arms with roles, sizes, and what is shown of them.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::{Arm, Data, Point};
use crate::record::{Declared, Of, Role, Size};
use crate::show::View;

/// What an arm is to the others at a point; nothing where it is left out.
type RoleAt = Box<dyn Fn(Point) -> Option<Role>>;

/// A bench. Its [`main`](Self::main) is the whole of a bench target.
///
/// Arms of one size take turns, in shuffled order, each beside the baseline of that size: the one on the same thread count where
/// there is one, else the one there is.
pub struct Bench<D> {
    pub(crate) declared: Declared,
    pub(crate) views: Vec<View>,
    pub(crate) sizes: Vec<Size>,
    pub(crate) sets: Vec<(&'static str, Vec<Size>)>,
    pub(crate) in_cache: Option<Size>,
    pub(crate) sizes_take_turns: bool,
    pub(crate) sizes_are_fixed: bool,
    pub(crate) arms: Vec<(RoleAt, Arm<D>)>,
    pub(crate) prefix: String,
    pub(crate) root: PathBuf,
    pub(crate) warm_up: Duration,
    pub(crate) measurement: Duration,
}

impl<D: Data> Bench<D> {
    /// The bench called `name`, without sizes and arms yet. Each run leaves its record in `plots/here/NAME/DATE`, in the folder of the
    /// package.
    pub fn new(name: &str) -> Self {
        let views = [View::SPEEDUP, View::SIZES, View::BREAK_EVEN];
        Self {
            declared: Declared {
                bench: name.to_owned(),
                subject: name.to_owned(),
                against: "the baseline".to_owned(),
                ..Declared::default()
            },
            views: views.to_vec(),
            sizes: Vec::new(),
            sets: Vec::new(),
            in_cache: None,
            sizes_take_turns: false,
            sizes_are_fixed: false,
            arms: Vec::new(),
            prefix: "ABREAST".to_owned(),
            root: env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from),
            warm_up: Duration::from_millis(20),
            measurement: Duration::from_millis(240),
        }
    }

    /// What the arms compute, and what the baseline is, in words for the charts' second lines.
    #[must_use]
    pub fn words(mut self, subject: &str, against: &str) -> Self {
        subject.clone_into(&mut self.declared.subject);
        against.clone_into(&mut self.declared.against);
        self
    }

    /// The sizes it takes where none are chosen.
    #[must_use]
    pub fn sizes(self, sizes: impl IntoIterator<Item = Size>) -> Self {
        Self {
            sizes: sizes.into_iter().collect(),
            ..self
        }
    }

    /// Has it take its sizes whatever is chosen, for benches whose sizes follow from something else.
    #[must_use]
    pub fn fixed_sizes(self) -> Self {
        Self {
            sizes_are_fixed: true,
            ..self
        }
    }

    /// Sizes that can be chosen by one name.
    #[must_use]
    pub fn set(mut self, name: &'static str, sizes: impl IntoIterator<Item = Size>) -> Self {
        self.sets.push((name, sizes.into_iter().collect()));
        self
    }

    /// A size whose data fits in the cache nearest to a core. There the baseline is measured on several threads at once, each with
    /// data of its own: nothing but cores is shared, so that what they do together is the ceiling of cores. It stands in records
    /// as the arm "private data". The size need not be one of [`sizes`](Self::sizes); where it is not, contenders have no turn there.
    #[must_use]
    pub fn in_cache(self, size: Size) -> Self {
        Self {
            in_cache: Some(size),
            ..self
        }
    }

    /// Has arms of all sizes take turns with one another, for benches that compare sizes. Else those of one size do, and a run
    /// that is cut short keeps the sizes it had.
    #[must_use]
    pub fn sizes_take_turns(self) -> Self {
        Self {
            sizes_take_turns: true,
            ..self
        }
    }

    /// What is shown of its record; [`SPEEDUP`](View::SPEEDUP), [`SIZES`](View::SIZES) and [`BREAK_EVEN`](View::BREAK_EVEN) where it is
    /// not said.
    #[must_use]
    pub fn views(self, views: &[View]) -> Self {
        Self {
            views: views.to_vec(),
            ..self
        }
    }

    /// The names of arms in the order of the palette, so that an arm looks the same in the charts of several benches. An empty
    /// name leaves a look out.
    #[must_use]
    pub fn palette(mut self, names: &[&str]) -> Self {
        self.declared.palette = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// What the settings of its arms are, with their unit.
    #[must_use]
    pub fn setting(mut self, what: &str) -> Self {
        self.declared.setting = Some(what.to_owned());
        self
    }

    /// The instruction set that is measured.
    #[must_use]
    pub fn level(mut self, level: &str) -> Self {
        self.declared.level = Some(level.to_owned());
        self
    }

    /// What the environment variables that choose sizes, threads and folder begin with; `ABREAST` where it is not said.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Where relative paths start, seen from the package's folder: the workspace's, say.
    #[must_use]
    pub fn root(mut self, root: &str) -> Self {
        self.root.push(root);
        self
    }

    /// For how long an arm is warmed up and then measured, unless the command line says otherwise. The baseline beside it takes as
    /// long again.
    #[must_use]
    pub fn times(self, warm_up: Duration, measurement: Duration) -> Self {
        Self {
            warm_up,
            measurement,
            ..self
        }
    }

    /// Adds what every sample of the others is held against: one arm, on one thread as a rule.
    #[must_use]
    pub fn baseline(self, arm: Arm<D>) -> Self {
        self.everywhere(Role::Baseline, arm)
    }

    /// Adds an arm that competes.
    #[must_use]
    pub fn contender(self, arm: Arm<D>) -> Self {
        self.everywhere(Role::Contender, arm)
    }

    /// Adds an arm that is shown, and competes with nobody: naive code, say.
    #[must_use]
    pub fn reference(self, arm: Arm<D>) -> Self {
        self.everywhere(Role::Reference, arm)
    }

    /// Adds an arm that no contender can beat where what it is a ceiling [`Of`] is what bounds them: for memory, a copy of the same
    /// bytes, with a [check](Arm::check) of its own. The ceiling of cores needs no arm: [`in_cache`](Self::in_cache).
    #[must_use]
    pub fn ceiling(self, of: Of, arm: Arm<D>) -> Self {
        self.everywhere(Role::Ceiling(of), arm)
    }

    fn everywhere(self, role: Role, arm: Arm<D>) -> Self {
        self.arm_at(move |_| Some(role.clone()), arm)
    }

    /// Adds an arm whose role depends on the point, or that is left out where it has none. Settings do not matter to that.
    #[must_use]
    pub fn arm_at(mut self, role: impl Fn(Point) -> Option<Role> + 'static, arm: Arm<D>) -> Self {
        self.arms.push((Box::new(role), arm));
        self
    }

    /// Measures as the command line and the environment say: the `main` of a bench target.
    pub fn main(&self) -> ExitCode {
        crate::measure::run::main(self)
    }
}
