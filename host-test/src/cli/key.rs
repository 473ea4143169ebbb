//! Where the key comes from: the environment, or a file that only its owner may read. Never an argument,
//! which every user of the machine can see.

use std::ffi::OsString;
use std::path::Path;

use host_test::plugin::Manifest;
use host_test::private_file::read_secret;
use host_test::sandbox::Secret;

use super::failure::Failure;

/// The longest key, in bytes, with the blanks around it in a file.
const LONGEST: u64 = 8 * 1024;

/// A key, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) secret: Secret,
    /// A variable's name, or an option and a file's.
    pub(crate) source: String,
}

/// The key, where there is one: of the file that was named, or of the environment.
///
/// # Errors
/// Wrong usage: a file that others may read, something that cannot be a key, or two places at once. Never
/// holds any of the key.
pub(crate) fn find(
    file: Option<&Path>,
    manifest: &Manifest,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Key>, Failure> {
    if let Some(path) = file {
        return from_file("--key-file", path).map(Some);
    }
    let set =
        |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let names = &manifest.credential.env_vars;
    let own = names.iter().find_map(|name| set(name).map(|value| (name, value)));
    let file_variable = names.first().map(|name| format!("{name}_FILE")).unwrap_or_default();
    match (own, set(&file_variable)) {
        (Some((name, _)), Some(_)) => Err(Failure::usage(format!(
            "{name} and {file_variable} are both set, and there is one key; unset one of them"
        ))),
        (Some((name, value)), None) => checked(&value, name.clone()).map(Some),
        (None, Some(path)) => from_file(&file_variable, Path::new(&path)).map(Some),
        (None, None) => Ok(None),
    }
}

fn from_file(how: &str, path: &Path) -> Result<Key, Failure> {
    let text = read_secret(path, LONGEST).map_err(|why| Failure::usage(format!("{how}: {why}")))?;
    checked(text.trim(), format!("{how} {}", path.display()))
}

/// A key that can be sent: the check of the characters is here, where it is known whom to tell.
fn checked(text: &str, source: String) -> Result<Key, Failure> {
    if text.is_empty() {
        return Err(Failure::usage(format!("{source} is empty; write the key there, and nothing else")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = "has blanks, line breaks or other characters in it that no key has";
        return Err(Failure::usage(format!("the key of {source} {what}; copy the key anew")));
    }
    Ok(Key { secret: Secret::new(text), source })
}

/// Refuses a command line with a key in it, before anything could repeat it or send it.
///
/// # Errors
/// Wrong usage, which does not repeat the argument.
pub(crate) fn refuse_in_arguments(arguments: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    for (at, argument) in arguments.enumerate().skip(1) {
        let argument = argument.to_string_lossy();
        let value = match argument.split_once('=') {
            Some((option, value)) if option.starts_with('-') => value,
            _ => &argument,
        };
        if is_like_a_key(value.trim()) {
            return Err(Failure::usage(format!(
                "argument {at} looks like an API key, and other users of this machine can see arguments; put the \
                 key into COMETAPI_KEY, or into a file for --key-file, and replace it by a new one"
            )));
        }
    }
    Ok(())
}

/// `sk-` and a random text, as CometAPI and most others write their keys.
fn is_like_a_key(text: &str) -> bool {
    let Some(random) = text.strip_prefix("sk-") else { return false };
    random.len() >= 8
        && random.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && random.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
