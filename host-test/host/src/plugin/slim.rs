//! Removes the debug names from a component. No host reads them, and every download contains them.

use wasmparser::BinaryReader;

/// The custom section with names for debuggers. The linker writes it regardless of its options.
const NAMES: &str = "component-name";

/// Length of the magic number, the version and the layer.
const HEADER: usize = 8;

/// The component without its names. Bytes that cannot be parsed are returned unchanged, because loading them reports
/// the error with a better message than this function could.
pub(super) fn without_names(component: &[u8]) -> Vec<u8> {
    sections_but_names(component).unwrap_or_else(|| component.to_vec())
}

fn sections_but_names(component: &[u8]) -> Option<Vec<u8>> {
    let mut slim = component.get(..HEADER)?.to_vec();
    let sections = component.get(HEADER..)?;
    let mut reader = BinaryReader::new(sections, 0);
    while !reader.eof() {
        let begin = reader.current_position();
        let id = reader.read_u8().ok()?;
        let length = reader.read_var_u32().ok()?;
        let content = reader.read_bytes(usize::try_from(length).ok()?).ok()?;
        // A custom section has the id 0 and begins with its name. All other sections are copied byte for byte, so that the
        // component does not depend on an encoder here.
        let is_names = id == 0 && BinaryReader::new(content, 0).read_string().ok()? == NAMES;
        if !is_names {
            slim.extend_from_slice(sections.get(begin..reader.current_position())?);
        }
    }
    Some(slim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_and_everything_else_stays() {
        let named = wat::parse_str(
            "(component $named (core module $inner (func $f)) (core instance $made (instantiate $inner)))",
        )
        .expect("a component");
        let slim = without_names(&named);
        assert!(slim.len() < named.len() && !slim.windows(NAMES.len()).any(|text| text == NAMES.as_bytes()));
        assert_eq!(without_names(&slim), slim);
        wasmparser::validate(&slim).expect("still a component");
    }

    #[test]
    fn what_is_no_component_is_left_alone() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0\x00\xff\xff\xff\xff\xff"] {
            assert_eq!(without_names(bytes), bytes);
        }
    }
}
