//! Removes from the module's function table the functions that nothing can call.
//!
//! wasm-bindgen compiles a shim for every kind of closure that `js_sys` can pass, and takes its address to tell its own
//! command line of it. That code is gone afterwards, but the addresses stay in the table, so that no optimizer may drop
//! the shims. Those that JavaScript does call are exports and need no place in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use wasmparser::{ElementItems, Parser, Payload};

use crate::size::{function_names, readable};

const SHIM: &str = "wasm_bindgen::convert::closures::_::invoke::<";

/// Replaces the shims in the table with another function, so that the optimizer finds them unused.
pub(crate) fn drop_unused(file: &Path) -> Result<()> {
    let mut module = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let names = function_names(&module)?;
    let is_shim = |function: &u32| {
        let name = names.get(function);
        name.is_some_and(|name| readable(name).starts_with(SHIM))
    };
    let places = places(&module)?;
    let others = places.iter().map(|(_, function)| *function);
    let other = others.filter(|function| !is_shim(function)).min();
    let other = other.context("the function table is empty")?;
    let mut dropped = 0;
    for (place, function) in places {
        if is_shim(&function) {
            replace(&mut module[place..], function, other)?;
            dropped += 1;
        }
    }
    ensure!(
        dropped > 0,
        "no closure shims in the function table: wasm-bindgen may name them differently now, see xtask/src/shims.rs"
    );
    fs::write(file, module).with_context(|| format!("cannot write {}", file.display()))
}

/// The functions in the table, each with the place in the file where it is listed.
fn places(module: &[u8]) -> Result<Vec<(usize, u32)>> {
    let mut places = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ElementSection(elements) = payload? {
            for element in elements {
                if let ElementItems::Functions(functions) = element?.items {
                    for function in functions.into_iter_with_offsets() {
                        places.push(function?);
                    }
                }
            }
        }
    }
    Ok(places)
}

/// Overwrites a number with a smaller one, in as many bytes: LEB128 may be longer than necessary.
fn replace(place: &mut [u8], old: u32, new: u32) -> Result<()> {
    let bytes = (1..5).find(|bytes| old >> (7 * bytes) == 0).unwrap_or(5);
    ensure!(new <= old, "{new} may not fit in the place of {old}");
    for (at, byte) in place.iter_mut().take(bytes).enumerate() {
        let more = if at + 1 < bytes { 0x80 } else { 0 };
        *byte = ((new >> (7 * at)) & 0x7f) as u8 | more;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_takes_the_place_of_another() {
        let mut place = [0xe5, 0x8e, 0x26, 0x01];
        replace(&mut place, 624_485, 3).expect("fits");
        assert_eq!(place, [0x83, 0x80, 0x00, 0x01]);
        assert!(replace(&mut [0x01], 1, 2).is_err());
    }
}
