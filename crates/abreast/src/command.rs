//! What can be done with records without measuring: the `abreast` command, and that of whoever has views of their own.

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::Error;
use crate::show::View;
use crate::show::check::check;
use crate::show::compare::compare;
use crate::show::files::redraw;

/// The command called `name`, with the arguments of this process: `redraw FOLDER`, `compare BEFORE AFTER` and `check FOLDER`. `own` views are
/// known to it besides those that every reader knows.
pub fn main(name: &str, own: &[View]) -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    done(run(name, own, "", &arguments))
}

/// Says it on standard output. A reader that closed the pipe early is not an error of this program.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// The exit status for what was done: an error is said in one sentence.
pub fn done(done: Result<(), Error>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Does what `arguments` ask of the command called `name`. `more` is what its usage ends with.
///
/// # Errors
///
/// Where they are not understood, or can't be done.
pub fn run(name: &str, own: &[View], more: &str, arguments: &[String]) -> Result<(), Error> {
    let usage = format!(
        "usage: {name} redraw FOLDER\n       {name} compare BEFORE AFTER\n       {name} check FOLDER...\n\n\
         redraw draws the charts of FOLDER's record again and prints its tables.\n\
         compare says what changed from one record of a bench to another beyond what noise explains.\n\
         check says where the records in folders, and right within them, contradict each other, those of one machine.\n\
         Folders are those that a bench left; relative ones start where the shell is.\n{more}"
    );
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["-h" | "--help"] => say(&usage),
        [] => return Err(Error::new(format!("nothing is asked for\n\n{usage}"))),
        ["redraw", folder] => redraw(folder.as_ref(), own, say)?,
        ["compare", before, after] => say(&compare(before.as_ref(), after.as_ref())?),
        ["check", ref folders @ ..] if !folders.is_empty() => {
            say(&check(&folders.iter().map(Path::new).collect::<Vec<_>>())?);
        }
        _ => {
            let given = arguments.join(" ");
            return Err(Error::new(format!(
                "`{given}` is not understood\n\n{usage}"
            )));
        }
    }
    Ok(())
}
