//! Typst, embedded: files in memory in, PDF out. It sees no folder, no network, no fonts but its own and no clock.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use abreast::Error;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime};
use typst::layout::PagedDocument;
use typst::syntax::{FileId, Source, VirtualPath};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_pdf::PdfOptions;

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    typst_assets::fonts()
        .flat_map(|data| Font::iter(Bytes::new(data)))
        .collect()
});

/// Typesets the file `main` among `files`, by name, and gives the PDF.
///
/// # Errors
///
/// Where a template is wrong: what typst says of it, and where.
pub fn pdf(main: &str, files: BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, Error> {
    let world = Files {
        standard: LazyHash::new(Library::default()),
        book: LazyHash::new(FontBook::from_fonts(&*FONTS)),
        main: FileId::new(None, VirtualPath::new(main)),
        files: files
            .into_iter()
            .map(|(name, bytes)| (FileId::new(None, VirtualPath::new(name)), bytes))
            .collect(),
    };
    let compiled = typst::compile::<PagedDocument>(&world);
    if let Some(warning) = compiled.warnings.first() {
        return Err(world.refuse(main, warning));
    }
    let pdf = compiled
        .output
        .and_then(|document| typst_pdf::pdf(&document, &PdfOptions::default()));
    // Nothing that was remembered is of use to another document.
    typst::comemo::evict(0);
    pdf.map_err(|errors| world.refuse(main, &errors[0]))
}

/// What a template may read.
struct Files {
    standard: LazyHash<Library>,
    book: LazyHash<FontBook>,
    main: FileId,
    files: BTreeMap<FileId, Vec<u8>>,
}

impl Files {
    /// The sentence for what typst found wrong.
    fn refuse(&self, main: &str, what: &typst::diag::SourceDiagnostic) -> Error {
        let place = what.span.id().and_then(|id| {
            let source = self.source(id).ok()?;
            let line = source
                .lines()
                .byte_to_line(source.range(what.span)?.start)?;
            Some(format!(
                "{}:{}",
                id.vpath().as_rootless_path().display(),
                line + 1
            ))
        });
        let hints: String = what.hints.iter().map(|hint| format!(" ({hint})")).collect();
        Error::new(format!(
            "the report can't be typeset: {}: {}{hints}",
            place.unwrap_or_else(|| main.to_owned()),
            what.message
        ))
    }
}

impl World for Files {
    fn library(&self) -> &LazyHash<Library> {
        &self.standard
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        let text = String::from_utf8(self.file(id)?.to_vec());
        Ok(Source::new(id, text.map_err(|_| FileError::InvalidUtf8)?))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let found = self.files.get(&id).cloned();
        let path = || id.vpath().as_rootless_path().to_owned();
        found
            .map(Bytes::new)
            .ok_or_else(|| FileError::NotFound(path()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<i64>) -> Option<Datetime> {
        None
    }
}
