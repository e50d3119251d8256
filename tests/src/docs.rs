//! The blocks of code in the documentation.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools;

/// One fenced block.
#[derive(Debug)]
pub struct Block {
    /// The file's name, and the line of the block's first line.
    pub place: String,
    /// What is said behind the fence.
    pub language: String,
    /// Its lines, as far to the left as its fence.
    pub text: String,
}

/// The README and all pages of the book.
pub fn pages() -> Vec<PathBuf> {
    let repository = tools::repository();
    let folder = fs::read_dir(repository.join("docs")).expect("the folder of the docs");
    let mut pages: Vec<PathBuf> = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.push(repository.join("README.md"));
    pages.sort();
    pages
}

/// All blocks of all pages.
pub fn blocks() -> Vec<Block> {
    pages().iter().flat_map(|page| blocks_of(page)).collect()
}

fn blocks_of(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).expect("a page");
    let name = page.file_name().expect("a name").to_string_lossy();
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (number, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (None, Some(language)) => {
                let block = Block {
                    place: format!("{name}:{}", number + 2),
                    language: language.trim().to_owned(),
                    text: String::new(),
                };
                open = Some((line.len() - line.trim_start().len(), block));
            }
            (Some(_), Some(_)) => blocks.extend(open.take().map(|(_, block)| block)),
            (Some((indent, block)), None) => {
                block.text.push_str(line.get(*indent..).unwrap_or_default());
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{name}: a block without an end");
    blocks
}
