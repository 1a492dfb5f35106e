//! Tests that dependencies point one way: a part of the crate uses only parts that come before it in the order that the root
//! file lists.
//!
//! The order is a numbered list in a comment of the root file: the parts of one number in backticks, before a colon.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// The modules whose parts have an order, and the files that list it.
const ORDERED: [(&[&str], &str); 2] = [(&[], "src/lib.rs"), (&["client"], "src/client/mod.rs")];

/// All uses that break the order, and all parts that no order lists.
fn violations(workspace: &Workspace) -> Result<Vec<String>> {
    let mut files = Vec::new();
    read_folder(&workspace.path("src"), &mut Vec::new(), &mut files)?;
    let mut violations = Vec::new();
    for (root, file) in ORDERED {
        let order = order_in(&workspace.read(file)?);
        ensure!(!order.is_empty(), "no order in {file}");
        for (module, text) in &files {
            violations.extend(against(root, &order, module, text));
        }
    }
    Ok(violations)
}

/// The names in a numbered list in comments.
fn order_in(text: &str) -> Vec<String> {
    let comments = text.lines().filter_map(|line| line.strip_prefix("//"));
    let entries = comments.filter_map(|line| {
        let (number, entry) = line.trim_start_matches('!').trim().split_once(". ")?;
        let names = entry.split_once(": ")?.0;
        number.parse::<u32>().ok().map(|_| names)
    });
    entries
        .flat_map(|names| names.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

/// The modules of a folder with their text, each under its path in the crate.
fn read_folder(
    folder: &Path,
    module: &mut Vec<String>,
    files: &mut Vec<(Vec<String>, String)>,
) -> Result<()> {
    let unreadable = || format!("cannot read {}", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let stem = stem.unwrap_or_default().to_owned();
        if path.is_dir() {
            module.push(stem);
            read_folder(&path, module, files)?;
            module.pop();
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let mut module = module.clone();
            if stem != "mod" && stem != "lib" {
                module.push(stem);
            }
            let text = fs::read_to_string(&path).with_context(unreadable)?;
            files.push((module, text));
        }
    }
    Ok(())
}

/// The uses in a module that break the order of the parts of `root`. The root itself may use all of them.
fn against(root: &[&str], order: &[String], module: &[String], text: &str) -> Vec<String> {
    let Some(part) = part_of(root, module) else {
        return Vec::new();
    };
    let place = |part: &str| order.iter().position(|known| known == part);
    let name = module.join("::");
    let Some(here) = place(part) else {
        return vec![format!("{name}: not in the order of its root")];
    };
    let mut against = Vec::new();
    for used in uses(module, text) {
        let is_before = match part_of(root, &used) {
            Some(other) => other == part || place(other).is_some_and(|there| there < here),
            // The root's exports are the interface and may come from any part.
            None => !is_within(root, &used),
        };
        if !is_before {
            against.push(format!("{name} uses {}", used.join("::")));
        }
    }
    against
}

fn is_within(root: &[&str], path: &[String]) -> bool {
    path.len() >= root.len() && path.iter().zip(root).all(|(step, root)| step == root)
}

/// The part of `root` that a path is in.
fn part_of<'a>(root: &[&str], path: &'a [String]) -> Option<&'a str> {
    let part = path.get(root.len()).filter(|_| is_within(root, path))?;
    Some(part)
}

/// The absolute paths that a module names, in `use` and elsewhere.
fn uses(module: &[String], text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut uses = Vec::new();
    // Modules within the file, with the depth of braces at which they end.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        match token.as_str() {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2] == "mod" {
                    inner.push((tokens[at - 1].clone(), depth));
                }
            }
            "}" => {
                inner.retain(|(_, end)| *end != depth);
                depth -= 1;
            }
            // Not in a visibility such as `pub(in path)`.
            "crate" | "super" if !before.is_some_and(|token| token == "(" || token == "in") => {
                let own = module.iter().chain(inner.iter().map(|(name, _)| name));
                let start = match token.as_str() {
                    "crate" => Vec::new(),
                    _ => parent(own.cloned().collect()),
                };
                at = follow(&tokens, at + 1, start, &mut uses);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    uses
}

fn parent(mut module: Vec<String>) -> Vec<String> {
    module.pop();
    module
}

/// Follows a path from a `::` to its end, or to its ends if there are braces. Returns the index of the next token.
fn follow(
    tokens: &[String],
    mut at: usize,
    mut path: Vec<String>,
    uses: &mut Vec<Vec<String>>,
) -> usize {
    while tokens.get(at).is_some_and(|token| token == "::") {
        at += 1;
        match tokens.get(at).map_or("", String::as_str) {
            "super" => path = parent(path),
            "{" => return follow_all(tokens, at + 1, &path, uses),
            "<" => break,
            "*" | "self" => {
                at += 1;
                break;
            }
            name => path.push(name.to_owned()),
        }
        at += 1;
    }
    uses.push(path);
    at
}

/// Follows each of the paths in braces.
fn follow_all(
    tokens: &[String],
    mut at: usize,
    path: &[String],
    uses: &mut Vec<Vec<String>>,
) -> usize {
    loop {
        match tokens.get(at).map_or("}", String::as_str) {
            "}" => return at + 1,
            "," => at += 1,
            "self" | "*" => {
                uses.push(path.to_vec());
                at += 1;
            }
            name => {
                let mut longer = path.to_vec();
                longer.push(name.to_owned());
                at = follow(tokens, at + 1, longer, uses);
                // Skips the new name.
                if tokens.get(at).is_some_and(|token| token == "as") {
                    at += 2;
                }
            }
        }
    }
}

/// The tokens of a text: names, `::` and single characters, without comments and quoted text.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            "r#\"".len() + raw.find("\"#").map_or(raw.len(), |end| end + "\"#".len())
        } else if first == '"' {
            quoted(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            3
        } else if is_name(first) {
            let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the quoted text that begins here.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

fn path(text: &str) -> Vec<String> {
    text.split("::").map(str::to_owned).collect()
}

fn used(module: &str, text: &str) -> Vec<String> {
    let uses = uses(&path(module), text);
    uses.iter().map(|used| used.join("::")).collect()
}

#[test]
fn an_order_is_a_numbered_list_of_comments() {
    let text =
        "//! 1. `a`, `b`: the `first`;\n// 2. `c`: next\n// 3 `d`: not one\nmod e; // 4. `e`: x\n";
    assert_eq!(order_in(text), ["a", "b", "c"]);
}

#[test]
fn paths_are_found_wherever_they_stand() {
    for (text, expected) in [
        ("use crate::a::b::C;", vec!["a::b::C"]),
        (
            "use crate::a::{self, b::{C, D as E}, f::*};",
            vec!["a", "a::b::C", "a::b::D", "a::f"],
        ),
        ("use super::d;", vec!["x::d"]),
        ("use super::super::e::F;", vec!["e::F"]),
        (
            "fn f() -> crate::a::B { super::g::<u8>() }",
            vec!["a::B", "x::g"],
        ),
        (
            "mod inner { use super::h; use super::super::i; } use super::j;",
            vec!["x::y::h", "x::i", "x::j"],
        ),
        ("pub(super) fn f() {} pub(in crate::a) fn g() {}", vec![]),
        (
            "// crate::a\nlet a = \"crate::b \\\" crate::c\"; let q = '\"'; r#\"a\" crate::e\"#; crate::d();",
            vec!["d"],
        ),
    ] {
        assert_eq!(used("x::y", text), expected, "{text}");
    }
}

#[test]
fn a_part_uses_only_those_before_it() {
    let order = path("low::high");
    let against = |module: &str, text| against(&["root"], &order, &path(module), text);
    assert!(against("root::high", "use super::low::X; use crate::elsewhere::Y;").is_empty());
    assert!(
        against(
            "root::high::deep",
            "use super::other::Z; use crate::root::low::X;"
        )
        .is_empty()
    );
    assert!(against("elsewhere", "use crate::root::high::X;").is_empty());
    assert!(against("root", "use low::X; use crate::root::high::Y;").is_empty());
    let found = against("root::low", "use super::high::{X, y::Z};");
    let expected = [
        "root::low uses root::high::X",
        "root::low uses root::high::y::Z",
    ];
    assert_eq!(found, expected);
    assert_eq!(against("root::high", "use super::Exported;").len(), 1);
    assert_eq!(against("root::high", "use crate::root::{self};").len(), 1);
    assert_eq!(against("root::unknown", "").len(), 1);
}

#[test]
fn dependencies_point_one_way() -> Result<()> {
    let violations = violations(&Workspace::find()?)?;
    ensure!(
        violations.is_empty(),
        "against the order:\n{}",
        violations.join("\n")
    );
    Ok(())
}
