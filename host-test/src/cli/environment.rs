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
    let value = untrimmed(name).map_err(Failure::usage)?;
    Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
}

/// The value of a variable as it is, for passwords, in which blanks count.
///
/// # Errors
/// A value that is not UTF-8. The message does not repeat it, since it may be a secret.
pub(crate) fn untrimmed(name: &str) -> Result<Option<String>, String> {
    let not_text = |_| format!("{name} is not UTF-8 text; set it again in that encoding, or unset it");
    std::env::var_os(name).map(|value| value.into_string().map_err(not_text)).transpose()
}

/// The first of these variables that is set, with its name.
///
/// # Errors
/// Those of the variables up to that one.
pub(crate) fn first<'n>(
    names: impl IntoIterator<Item = &'n str>,
    variable: Variables<'_>,
) -> Result<Option<(&'n str, String)>, Failure> {
    for name in names {
        if let Some(value) = variable(name)? {
            return Ok(Some((name, value)));
        }
    }
    Ok(None)
}
