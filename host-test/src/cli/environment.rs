//! Environment variables that configure a command.

use super::failure::Failure;

/// Reads variables by name. The functions that decide something take this instead of the environment, so that a test can
/// pass its own.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Result<Option<String>, Failure>;

/// The value of a variable without surrounding white space; `None` if it is not set, or blank.
///
/// # Errors
/// Wrong usage: a value that is not UTF-8. To ignore it would send the prompt and the key to the default server although
/// the user chose another one.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    let Some(value) = std::env::var_os(name) else { return Ok(None) };
    match value.into_string() {
        Ok(value) => Ok(Some(value.trim().to_owned()).filter(|value| !value.is_empty())),
        // The message does not repeat the value, which may be a key.
        Err(_) => Err(Failure::usage(format!(
            "{name} is not UTF-8 text; set it again in that encoding, or unset it"
        ))),
    }
}
