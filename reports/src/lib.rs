//! What people look at: charts drawn with plotters, a self-contained HTML report, workbooks, and the terminal's summary.
//!
//! A report is a function of [`Figures`]; [`figures::gather`] reads those from a published run. Equal figures make equal bytes.

pub mod book;
pub mod chart;
pub mod figures;
pub mod format;
pub mod label;
pub mod standout;
pub mod summary;

use std::path::{Path, PathBuf};

pub use book::{
    problem_list::{FeeRow, Listing, fees_workbook, inspect_workbook},
    workbook::{BookError, Meta},
};
pub use figures::{Figures, GatherError, Tree, gather};
pub use summary::Summary;

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A picture could not be drawn.
    #[error(transparent)]
    Picture(#[from] chart::picture::RenderError),
    /// The workbook could not be made.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A file could not be written.
    #[error("cannot write the report")]
    File(#[from] std::io::Error),
}

/// The files of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The page for a browser.
    pub page: PathBuf,
    /// The workbook.
    pub workbook: PathBuf,
    /// Every picture, as SVG and as PNG.
    pub charts: Vec<PathBuf>,
}

/// Writes `report.html`, `report.xlsx` and `charts/*.svg|png` below `out`, which is made if it is not there.
///
/// # Errors
/// When something cannot be drawn or a file cannot be written. A file appears under its name only when it is whole.
pub fn write(figures: &Figures, out: &Path) -> Result<Written, WriteError> {
    let tree = Tree::of(figures);
    let charts = chart::all(figures, &tree);
    let folder = out.join("charts");
    fs_err::create_dir_all(&folder)?;
    let mut files = Vec::new();
    for chart in &charts {
        files.push(place(&folder.join(format!("{}.svg", chart.name)), chart.wide.svg()?.as_bytes())?);
        files.push(place(&folder.join(format!("{}.png", chart.name)), &chart.wide.png()?)?);
    }
    let workbook = place(&out.join("report.xlsx"), &book::workbook::report(figures, &tree)?)?;
    let page = place(&out.join("report.html"), book::html::page(figures, &tree, &charts)?.as_bytes())?;
    Ok(Written { page, workbook, charts: files })
}

/// Writes beside the file and renames, so that a reader never finds half of one.
fn place(path: &Path, bytes: &[u8]) -> Result<PathBuf, std::io::Error> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    fs_err::write(&draft, bytes)?;
    fs_err::rename(&draft, path)?;
    Ok(path.to_owned())
}
