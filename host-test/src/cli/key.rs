//! Finds the API key in the environment or in a file that only its owner can read.
//!
//! A key is never an argument: every user of the machine can see arguments (`ps`), and shells save them in a history
//! file.

use std::ffi::OsString;
use std::path::Path;

use provider_host::plugin::Manifest;
use provider_host::private_file::read_secret;
use provider_host::sandbox::Secret;

use super::environment::{self, Variables};
use super::failure::Failure;

/// The longest key in bytes, with surrounding white space. A file that was named by mistake is then not read whole and
/// sent as a header. nginx and Apache refuse a header of more than 8 KiB by default, so a longer key could not be sent.
const LONGEST: u64 = 8 * 1024;

/// The variables that are read for any plugin. An unsigned manifest must not choose the variable: a malicious one could
/// name `AWS_SECRET_ACCESS_KEY` and get that secret sent to its own server.
const KNOWN_VARIABLES: [&str; 3] = ["COMETAPI_KEY", "COMETAPI_API_KEY", "COMET_API_KEY"];

/// A key and its source. Errors name the source, so that a user with several keys knows which one was refused.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) secret: Secret,
    /// The name of a variable, or an option and a file name.
    pub(crate) source: String,
}

/// Finds the key: in `file` if one is given, or else in the environment. All variables of a manifest that is `signed` by
/// a trusted key are read, and only the known ones of any other manifest.
///
/// # Errors
/// Wrong usage: a file that others can read, a text that cannot be a key, or two sources at once. The message never
/// contains a part of the key.
pub(crate) fn find(
    file: Option<&Path>,
    manifest: &Manifest,
    signed: bool,
    variable: Variables<'_>,
) -> Result<Option<Key>, Failure> {
    if let Some(path) = file {
        return from_file("--key-file", path).map(Some);
    }
    let names: Vec<&str> = variables(manifest, signed).collect();
    let own = environment::first(names.iter().copied(), variable)?;
    let file_variable = names.first().map(|name| format!("{name}_FILE")).unwrap_or_default();
    match (own, variable(&file_variable)?) {
        (Some((name, _)), Some(_)) => {
            Err(Failure::usage(format!("{name} and {file_variable} are both set; unset one of them")))
        }
        (Some((name, value)), None) => checked(&value, name.to_owned()).map(Some),
        (None, Some(path)) => from_file(&file_variable, Path::new(&path)).map(Some),
        (None, None) => Ok(None),
    }
}

/// The variables that the key of a plugin is read from, the preferred one first.
pub(crate) fn variables(manifest: &Manifest, signed: bool) -> impl Iterator<Item = &str> {
    let names = manifest.credential.env_vars.iter().map(String::as_str);
    names.filter(move |name| signed || KNOWN_VARIABLES.contains(name))
}

fn from_file(how: &str, path: &Path) -> Result<Key, Failure> {
    let text = read_secret(path, LONGEST).map_err(|why| Failure::usage(format!("{how}: {why}")))?;
    checked(text.trim(), format!("{how} {}", path.display()))
}

/// Checks that the key can be a header value. The host would refuse it too, but only here the source is known, which
/// the message has to name.
fn checked(text: &str, source: String) -> Result<Key, Failure> {
    if text.is_empty() {
        return Err(Failure::usage(format!("{source} is empty; write the key into it, and nothing else")));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = "has blanks, line breaks or other characters that no key has";
        return Err(Failure::usage(format!("the key of {source} {what}; copy the key again")));
    }
    Ok(Key { secret: Secret::new(text), source })
}

/// Refuses a command line that contains a key, before a message repeats the key or a request sends it as a prompt.
///
/// # Errors
/// Wrong usage. The message does not repeat the argument.
pub(crate) fn refuse_in_arguments(arguments: impl Iterator<Item = OsString>) -> Result<(), Failure> {
    for (at, argument) in arguments.enumerate().skip(1) {
        if holds_a_key(&argument.to_string_lossy()) {
            return Err(Failure::usage(format!(
                "argument {at} looks like an API key, and other users of this machine can see arguments; set COMETAPI_KEY \
                 or use --key-file instead, and replace this key with a new one"
            )));
        }
    }
    Ok(())
}

/// Reports whether an argument contains a key: alone, after an option or a name, or after `Bearer`. A text with spaces is
/// a prompt and may contain anything: refusing it would block prompts about keys.
fn holds_a_key(argument: &str) -> bool {
    let argument = argument.trim();
    let value = argument.strip_prefix("Bearer ").unwrap_or(argument).trim();
    if value.contains(char::is_whitespace) {
        return false;
    }
    // The value of a short option may follow without a space: `-msk-…`.
    let after_option = value.strip_prefix('-').and_then(|rest| rest.get(1..)).unwrap_or_default();
    let is_border = |end: char| !end.is_ascii_alphanumeric() && !matches!(end, '-' | '_');
    is_like_a_key(after_option) || value.split(is_border).any(is_like_a_key)
}

/// `sk-` and random characters, the format of CometAPI, OpenAI and Anthropic. A short text without a digit, such as the
/// model id `sk-model`, is no key.
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
