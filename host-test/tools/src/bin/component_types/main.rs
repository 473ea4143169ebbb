//! Prints the types of a component's imports and exports as JSON, in the form of wit-parser.
//!
//! ```text
//! component_types COMPONENT > types.json
//! ```
//!
//! `openclaw/scripts/bindings/` generates the bindings for Node from it. A program of its own, so that no script has to
//! read the component's binary format.

use std::fs;
use std::io::{Write as _, stdout};

use anyhow::{Context as _, Result, bail};
use wit_parser::decoding::{DecodedWasm, decode};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("usage: component_types COMPONENT")?;
    let bytes = fs::read(&path).with_context(|| format!("cannot read {path}"))?;
    let types = types_of(&bytes).with_context(|| format!("{path} has no types that can be read"))?;
    stdout().write_all(types.as_bytes()).context("cannot write the types")
}

/// The interfaces, types and the one world of a component.
fn types_of(component: &[u8]) -> Result<String> {
    match decode(component)? {
        DecodedWasm::Component(resolve, _) => Ok(serde_json::to_string(&resolve)?),
        DecodedWasm::WitPackage(..) => bail!("it is a package of interfaces; pass the component"),
    }
}

#[cfg(test)]
mod tests {
    use super::types_of;

    #[test]
    fn functions_and_their_types_are_printed() {
        let component = wat::parse_str(
            r#"(component
                (import "example:a/b@1.0.0" (instance (export "f" (func (param "text" string) (result u32)))))
            )"#,
        )
        .unwrap();
        let types: serde_json::Value = serde_json::from_str(&types_of(&component).unwrap()).unwrap();
        assert_eq!(types["packages"][0]["name"], "example:a@1.0.0");
        let function = &types["interfaces"][0]["functions"]["f"];
        assert_eq!(function["params"][0]["type"], "string");
        assert_eq!(function["result"], "u32");
    }

    #[test]
    fn what_is_not_a_component_is_refused() {
        assert!(types_of(b"no module").is_err());
    }
}
