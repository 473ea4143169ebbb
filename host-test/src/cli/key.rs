//! Where the key comes from: the environment, or a file that only its owner may read. Never an argument,
//! which every user of the machine can see.

use std::ffi::OsString;
use std::path::Path;

use provider_host::plugin::Manifest;
use provider_host::private_file::read_secret;
use provider_host::sandbox::Secret;

use super::failure::Failure;

/// The longest key, in bytes, with the blanks around it in a file.
const LONGEST: u64 = 8 * 1024;

/// The variables that are read for any plugin. A manifest that nobody vouches for must not choose which of a
/// person's secrets is sent: it could name another program's.
const KNOWN_VARIABLES: [&str; 3] = ["COMETAPI_KEY", "COMETAPI_API_KEY", "COMET_API_KEY"];

/// A key, and its source.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) secret: Secret,
    /// A variable's name, or an option and a file's.
    pub(crate) source: String,
}

/// The key, where there is one: of the file that was named, or of the environment. The variables are the
/// manifest's where it is `signed` by a trusted key, and else those of them that are known here.
///
/// # Errors
/// Wrong usage: a file that others may read, something that cannot be a key, or two places at once. Never
/// holds any of the key.
pub(crate) fn find(
    file: Option<&Path>,
    manifest: &Manifest,
    signed: bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Key>, Failure> {
    if let Some(path) = file {
        return from_file("--key-file", path).map(Some);
    }
    let set =
        |name: &str| variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let may_be_read = |name: &&String| signed || KNOWN_VARIABLES.contains(&name.as_str());
    let names: Vec<&String> = manifest.credential.env_vars.iter().filter(may_be_read).collect();
    let own = names.iter().find_map(|name| set(name).map(|value| (*name, value)));
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
        if holds_a_key(&argument.to_string_lossy()) {
            return Err(Failure::usage(format!(
                "argument {at} looks like an API key, and other users of this machine can see arguments; put the \
                 key into COMETAPI_KEY, or into a file for --key-file, and replace it by a new one"
            )));
        }
    }
    Ok(())
}

/// Whether a key stands in an argument: as its value, behind an option or a name, or behind `Bearer`. A
/// sentence is a prompt, and may speak of keys.
fn holds_a_key(argument: &str) -> bool {
    let argument = argument.trim();
    let value = argument.strip_prefix("Bearer ").unwrap_or(argument).trim();
    if value.contains(char::is_whitespace) {
        return false;
    }
    // The value of a short option may follow it at once.
    let behind_option = value.strip_prefix('-').and_then(|rest| rest.get(1..)).unwrap_or_default();
    let is_border = |end: char| !end.is_ascii_alphanumeric() && !matches!(end, '-' | '_');
    is_like_a_key(behind_option) || value.split(is_border).any(is_like_a_key)
}

/// `sk-` and a random text, as CometAPI and most others write their keys.
fn is_like_a_key(text: &str) -> bool {
    let Some((start, random)) = text.split_at_checked(3) else { return false };
    let random = random.split(|end: char| !end.is_ascii_alphanumeric() && !matches!(end, '-' | '_')).next();
    start.eq_ignore_ascii_case("sk-")
        && random.is_some_and(|random| {
            random.len() >= 16 || random.len() >= 8 && random.bytes().any(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
