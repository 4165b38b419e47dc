//! Tables of records within a document: between two marks, and replaced by what the record says now.
//!
//! ```text
//! <!-- record:kernel 256x256,1024x1024 -->
//! <!-- /record -->
//! ```
//!
//! The first mark names the bench and the sizes to show; without sizes the whole table is shown.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use abreast::analyse::Analysis;
use abreast::{Error, record, show};
use tempfile::NamedTempFile;

use crate::benches;

const OPEN: &str = "<!-- record:";
const CLOSE: &str = "<!-- /record -->";

/// `document` with the table of a record in `folder`, and the command that prints it, between each pair of marks.
///
/// # Errors
///
/// Where a mark has no end, or names no bench, one whose record can't be read, or a size that is not in it.
pub fn splice(document: &str, folder: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let mut rest = document;
    while let Some((before, from)) = rest.split_once(OPEN) {
        let cut = from
            .split_once(" -->")
            .and_then(|(mark, from)| Some((mark, from.split_once(CLOSE)?)))
            // Another mark's end is not this one's: what stands between the two is prose.
            .filter(|(mark, (table, _))| !mark.contains('\n') && !table.contains(OPEN));
        let Some((mark, (_, after))) = cut else {
            let line = from.lines().next().unwrap_or_default();
            return Err(Error::new(format!(
                "`{OPEN}{line}` has no end: `-->` closes it, and `{CLOSE}` stands below the table"
            )));
        };
        let (name, sizes) = mark.split_once(' ').unwrap_or((mark, ""));
        let folder = folder.join(benches::bench(name)?.name);
        let table = excerpt(&folder, sizes)?;
        let folder = folder.display();
        text += &format!(
            "{before}{OPEN}{mark} -->\n```sh\ncargo run --release -p harness -- redraw {folder}\n```\n\n```text\n{table}```\n{CLOSE}"
        );
        rest = after;
    }
    Ok(text + rest)
}

/// Replaces the `file`'s text, all of it or nothing: where the disk is full it stays as it was.
///
/// # Errors
///
/// Where it can't be written.
pub fn replace(file: &Path, text: &str) -> Result<(), Error> {
    let replaced = || -> io::Result<()> {
        // What a link leads to is replaced, not the link.
        let file = file.canonicalize()?;
        let mut beside = NamedTempFile::new_in(file.parent().unwrap_or(&file))?;
        beside.write_all(text.as_bytes())?;
        fs::set_permissions(&beside, fs::metadata(&file)?.permissions())?;
        beside.persist(&file)?;
        Ok(())
    };
    replaced().map_err(|error| {
        Error::new(format!(
            "{} can't be replaced ({error}), and is as it was",
            file.display()
        ))
    })
}

/// The table of `folder`'s record at `sizes`, separated by commas; the whole of it where there are none.
fn excerpt(folder: &Path, sizes: &str) -> Result<String, Error> {
    let of = Analysis::new(record::read(folder)?);
    let whole = show::text(&of, &show::sections(&of, &benches::VIEWS));
    if sizes.is_empty() {
        return Ok(whole);
    }
    // What stands before the sizes, the blocks of those asked for, and what stands below all of them.
    let mut blocks = whole.split("\n\n");
    let head = blocks.next().unwrap_or_default();
    let blocks: Vec<_> = blocks.collect();
    let mut shown = vec![head.trim_end()];
    for size in sizes.split(',') {
        let block = blocks
            .iter()
            .find(|block| block.starts_with(&format!("{size}, ")));
        let block = block.ok_or_else(|| {
            Error::new(format!(
                "{}: there is no size {size} in this record: name sizes as its table does",
                folder.display()
            ))
        })?;
        shown.push(block.trim_end());
    }
    let below = blocks.iter().filter(|block| block.starts_with("* "));
    shown.extend(below.map(|block| block.trim_end()));
    Ok(shown.join("\n\n") + "\n")
}
