//! Writes every paper of `examples/facts` as HTML and PDF into a folder: `cargo run -p papers --example show -- <folder>`.

use std::path::PathBuf;

use papers::{Kind, from_json, html, pdf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("name a folder")?);
    let facts = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/facts");
    fs_err::create_dir_all(&folder)?;
    for kind in Kind::ALL {
        let name = kind.name();
        let paper = from_json(kind, &fs_err::read_to_string(facts.join(format!("{name}.json")))?)?;
        fs_err::write(folder.join(format!("{name}.html")), html(&paper))?;
        fs_err::write(folder.join(format!("{name}.pdf")), pdf(&paper)?)?;
    }
    Ok(())
}
