//! The imports and exports of a component, read from its bytes before anything is compiled.
//!
//! Compiling takes a second and is done with a large compiler. A component that asks for too much is refused before
//! that, with a message that names the import, instead of an error of the linker.

use wasmparser::{BinaryReaderError, Encoding, Parser, Payload};

use super::error::SurfaceError;

/// The package of the contract that this host implements.
pub const CONTRACT_PACKAGE: &str = "agent:model-provider";

/// The version of the contract that this host implements.
pub const CONTRACT_VERSION: &str = "0.2.0";

/// The imports that the contract allows, without their versions.
///
/// The component model has no optional imports. A plugin with an import that a host does not provide cannot be used
/// there at all, and each import that hosts do provide widens the sandbox, so the list is short.
pub const ALLOWED_IMPORTS: [&str; 6] = [
    "wasi:http/types",
    "wasi:http/outgoing-handler",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:clocks/monotonic-clock",
];

/// The names at the outer edge of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surface {
    /// What the component needs from its host, in the order of the file.
    pub imports: Vec<String>,
    /// What it provides, in the order of the file.
    pub exports: Vec<String>,
}

impl Surface {
    /// Reads the names from a component's bytes.
    ///
    /// # Errors
    /// When the bytes are not a component, or not all of one.
    ///
    /// ```
    /// use provider_host::plugin::Surface;
    ///
    /// assert!(Surface::read(b"not WebAssembly").is_err());
    /// ```
    pub fn read(component: &[u8]) -> Result<Surface, SurfaceError> {
        let mut surface = Surface::default();
        // Components contain modules and other components. Only the names of the outermost one are linked to the host.
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(malformed)? {
                Payload::Version { encoding, .. } => {
                    if depth == 0 && encoding == Encoding::Module {
                        return Err(SurfaceError::CoreModule);
                    }
                    depth += 1;
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 1 => {
                    for import in section {
                        let import = import.map_err(malformed)?;
                        surface.imports.push(import.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 1 => {
                    for export in section {
                        let export = export.map_err(malformed)?;
                        surface.exports.push(export.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    /// The contract that the component exports, as `package@version`.
    pub fn contract(&self) -> Option<String> {
        self.exports.iter().find_map(|export| {
            let version = export.strip_prefix(CONTRACT_PACKAGE)?.strip_prefix("/provider@")?;
            Some(format!("{CONTRACT_PACKAGE}@{version}"))
        })
    }

    /// Whether the component has embeddings, in the version of this host.
    ///
    /// ```
    /// use provider_host::plugin::Surface;
    ///
    /// let exports = vec!["agent:model-provider/embeddings@0.2.0".to_owned()];
    /// assert!(Surface { exports, ..Surface::default() }.has_embeddings());
    /// assert!(!Surface::default().has_embeddings());
    /// ```
    pub fn has_embeddings(&self) -> bool {
        self.exports.contains(&format!("{CONTRACT_PACKAGE}/embeddings@{CONTRACT_VERSION}"))
    }

    /// The imports that the contract does not allow.
    pub fn forbidden_imports(&self) -> Vec<String> {
        self.imports.iter().filter(|name| !is_allowed(name)).cloned().collect()
    }
}

/// The contract of this host, as `package@version`.
pub fn contract() -> String {
    format!("{CONTRACT_PACKAGE}@{CONTRACT_VERSION}")
}

fn malformed(error: BinaryReaderError) -> SurfaceError {
    SurfaceError::Malformed(error.to_string())
}

fn is_allowed(import: &str) -> bool {
    // Releases 0.2.x of WASI are compatible with each other. Which one a component names depends on its toolchain.
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    ALLOWED_IMPORTS.contains(&name) && version.starts_with("0.2.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMPORT: &str = "(type $t (instance)) (import \"wasi:io/poll@0.2.12\" (instance (type $t)))";

    fn read(wat: &str) -> Result<Surface, SurfaceError> {
        Surface::read(&wat::parse_str(wat).unwrap())
    }

    #[test]
    fn only_the_outermost_names_count() {
        let inner = "(component (type $t (instance)) (import \"inner\" (instance (type $t))))";
        let wat = format!(
            "(component {inner} (core module (import \"m\" \"f\" (func))) {IMPORT}
               (instance $i) (export \"agent:model-provider/provider@0.3.1\" (instance $i)))"
        );
        let surface = read(&wat).unwrap();
        assert_eq!(surface.imports, ["wasi:io/poll@0.2.12"]);
        assert_eq!(surface.exports, ["agent:model-provider/provider@0.3.1"]);
        assert_eq!(surface.contract().as_deref(), Some("agent:model-provider@0.3.1"));
    }

    #[test]
    fn a_module_garbage_and_a_cut_component_are_no_components() {
        let whole = wat::parse_str(format!("(component {IMPORT})")).unwrap();
        let cut = whole.get(..whole.len() - 3).unwrap();
        assert_eq!(read("(module)"), Err(SurfaceError::CoreModule));
        for bytes in [b"".as_slice(), b"hello", cut] {
            assert!(Surface::read(bytes).is_err());
        }
    }

    #[test]
    fn six_imports_of_wasi_0_2_are_allowed_and_nothing_else() {
        for (name, allowed) in [
            ("wasi:http/types@0.2.0", true),
            ("wasi:http/outgoing-handler@0.2.12", true),
            ("wasi:clocks/monotonic-clock@0.2.3", true),
            ("wasi:clocks/wall-clock@0.2.3", false),
            ("wasi:http/types", false),
            ("wasi:http/types@0.3.0", false),
            ("wasi:http/incoming-handler@0.2.0", false),
            ("wasi:cli/stdout@0.2.0", false),
            ("wasi:random/random@0.2.0", false),
            ("wasi:io/pollute@0.2.0", false),
            ("log", false),
        ] {
            assert_eq!(is_allowed(name), allowed, "{name}");
        }
    }
}
