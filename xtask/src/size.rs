//! `cargo xtask size`: the size of each part of the shipped wasm.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

use crate::compile::{Names, compile};
use crate::node::Node;
use crate::workspace::Workspace;

const FOLDER: &str = "target/size";
/// How many functions are listed.
const LISTED: usize = 40;

/// Compiles the core as it ships, but with names, and prints the sizes of its modules and largest functions.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let node = Node::set_up(workspace)?;
    let folder = workspace.path(FOLDER);
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    compile(workspace, &node, FOLDER, Names::Kept)?;
    let file = folder.join("core_bg.wasm");
    let module = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut functions = functions(&module)?;
    functions.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));

    let mut parts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (name, size) in &functions {
        let part = parts.entry(part_of(name)).or_default();
        *part = (part.0 + size, part.1 + 1);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));

    println!("\n     bytes  functions  part (code, before compression)");
    for (part, (size, count)) in &parts {
        println!("{size:>10} {count:>10}  {part}");
    }
    println!("\n     bytes  function");
    for (name, size) in functions.iter().take(LISTED) {
        println!("{size:>10}  {name}");
    }
    let code: usize = functions.iter().map(|(_, size)| size).sum();
    println!(
        "\n{code} bytes of code in {} functions. One that was inlined counts where it went.",
        functions.len()
    );
    Ok(())
}

/// The functions of a module: their names and the sizes of their bodies in bytes.
fn functions(module: &[u8]) -> Result<Vec<(String, usize)>> {
    let (mut imported, mut sizes) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, TypeRef::Func(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
            _ => {}
        }
    }
    let names = function_names(module)?;
    let named = (imported..).zip(sizes).map(|(index, size)| {
        let name = names.get(&index).map(|name| readable(name));
        (name.unwrap_or_else(|| format!("function {index}")), size)
    });
    Ok(named.collect())
}

/// The names of a module's functions as the compiler gave them, by index.
pub(crate) fn function_names(module: &[u8]) -> Result<HashMap<u32, String>> {
    let mut names = HashMap::new();
    for payload in Parser::new(0).parse_all(module) {
        let Payload::CustomSection(section) = payload? else {
            continue;
        };
        let KnownCustom::Name(subsections) = section.as_known() else {
            continue;
        };
        for subsection in subsections {
            if let Name::Function(map) = subsection? {
                for naming in map {
                    let naming = naming?;
                    names.insert(naming.index, naming.name.to_owned());
                }
            }
        }
    }
    Ok(names)
}

/// A name as it is written in Rust, without the hashes of crates, which stand in brackets.
pub(crate) fn readable(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let mut parts = name.split('[');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(']') {
            Some((hash, rest)) if hash.chars().all(|c| c.is_ascii_hexdigit()) => plain += rest,
            _ => {
                plain.push('[');
                plain += part;
            }
        }
    }
    plain
}

/// Our module, or the crate, that a function belongs to. A trait's method belongs to that of the type it is implemented for.
fn part_of(name: &str) -> String {
    const OURS: &str = "atproto_oauth_wasm";
    if name.contains("drop_in_place") {
        return "(dropping values)".to_owned();
    }
    if !name.contains("::") {
        return "(exports and glue)".to_owned();
    }
    let start = name.find(OURS).unwrap_or_default();
    let path: Vec<&str> = name[start..]
        .trim_start_matches(['<', '&'])
        .split("::")
        .take(3)
        .map(|segment| segment.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_'))
        .take_while(|segment| {
            segment
                .chars()
                .all(|c| c.is_lowercase() || c.is_ascii_digit() || c == '_')
        })
        .collect();
    match path.as_slice() {
        [] => "(others)".to_owned(),
        [OURS] => "(the crate's root)".to_owned(),
        [OURS, rest @ ..] => rest.join("::"),
        [foreign, ..] => format!("crate {foreign}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{part_of, readable};

    #[test]
    fn functions_belong_to_modules_and_crates() {
        for (name, part) in [
            (
                "atproto_oauth_wasm::client::refresh::Shared::renew",
                "client::refresh",
            ),
            (
                "<atproto_oauth_wasm::client::Shared>::renew::{closure#0}",
                "client",
            ),
            (
                "<atproto_oauth_wasm::browser::fetch::Fetch as atproto_oauth_wasm::ports::Http>::send",
                "browser::fetch",
            ),
            (
                "<alloc::vec::Vec<T> as core::clone::Clone>::clone",
                "crate alloc",
            ),
            (
                "core::ptr::drop_in_place::<alloc::string::String>",
                "(dropping values)",
            ),
            ("__wbindgen_malloc", "(exports and glue)"),
            ("function 7", "(exports and glue)"),
        ] {
            assert_eq!(part_of(name), part, "{name}");
        }
    }

    #[test]
    fn names_are_shown_without_hashes() {
        let mangled = "_RNvNtCs6bEYYzDsVe3_4some5thing4work";
        assert_eq!(readable(mangled), "some::thing::work");
        assert_eq!(readable("work::<[u8; 3]>"), "work::<[u8; 3]>");
        assert_eq!(readable("client_new"), "client_new");
    }
}
