//! `host-test keygen` and `sign`: make a key pair, and sign plugins with it.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use provider_host::plugin::{SigningKey, TrustedKey, generate, sign as sign_plugin};
use serde_json::json;

use super::args::Common;
use super::environment;
use super::failure::Failure;
use super::terminal::{Screen, Style, line};

/// The variable for the password of the signing key, for CI machines. A password is never an argument: every user of the
/// machine can see arguments.
const PASSWORD_VARIABLE: &str = "SIGNING_PASSWORD";

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  host-test keygen signing.key             write signing.key and signing.pub")]
pub(crate) struct KeygenArgs {
    /// Write the secret key to this file, and the public key next to it with the ending .pub.
    pub(crate) file: PathBuf,
    /// Store the secret key without a password; anyone who can read the file can sign.
    #[arg(long)]
    pub(crate) unlocked: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  host-test sign dist/plugins/cometapi --signing-key signing.key")]
pub(crate) struct SignArgs {
    /// The folder of the plugin.
    pub(crate) dir: PathBuf,
    /// Sign with this secret key, made by 'host-test keygen' or minisign.
    #[arg(long, value_name = "FILE")]
    pub(crate) signing_key: PathBuf,
}

/// Makes a pair of keys, in minisign's format: existing tools can sign and verify with them.
pub(crate) fn keygen(common: &Common, args: &KeygenArgs, screen: Screen) -> Result<(), Failure> {
    // The password is read before anything is written: a mistake must not leave half a pair of keys.
    let password = match args.unlocked {
        true => None,
        false => Some(new_password().map_err(Failure::usage)?),
    };
    let (key, public) = generate(&args.file, password).map_err(|why| Failure::usage(why.to_string()))?;
    if args.unlocked {
        // Printed although it was requested: scripts copy the option, and a reader of their log should see its effect.
        let note = "warning: the secret key has no password; anyone who can read the file can sign\n";
        screen.aside(Some(Style::Yellow), note);
    }
    if common.json {
        return screen.print_json(&json!({
            "secret-key": args.file.to_string_lossy(),
            "public-key": public.to_string_lossy(),
            "key": key.to_base64(),
        }));
    }
    let (secret, public) = (args.file.to_string_lossy(), public.to_string_lossy());
    screen.print(&format!(
        "secret key  {}  (for 'host-test sign'; keep it secret)\npublic key  {}  (for --trusted-key)\n{}\n",
        line(&secret),
        line(&public),
        key.to_base64(),
    ))
}

/// Signs a plugin. The signature covers the manifest, which contains the digest of the component, so one signature
/// covers both files.
pub(crate) fn sign(common: &Common, args: &SignArgs, screen: Screen) -> Result<(), Failure> {
    let failed = |why: &dyn std::fmt::Display| Failure::usage(why.to_string());
    let key = SigningKey::read(&args.signing_key, password).map_err(|why| failed(&why))?;
    let signature = sign_plugin(&args.dir, &key).map_err(|why| failed(&why))?;
    let (signature, key): (_, TrustedKey) = (signature.to_string_lossy(), key.public());
    match common.json {
        true => screen.print_json(&json!({ "signature": signature, "key": key.to_base64() })),
        false => screen.print(&format!("{} by {}, {}\n", line(&signature), key.id(), key.to_base64())),
    }
}

/// The password, from the environment or the terminal.
fn password() -> Result<String, String> {
    if let Some(password) = environment::untrimmed(PASSWORD_VARIABLE)? {
        return Ok(password);
    }
    ask("password of the signing key: ")
}

/// A password for a new key, from the environment or typed twice. A typing mistake would make the key unusable.
fn new_password() -> Result<String, String> {
    if let Some(password) = environment::untrimmed(PASSWORD_VARIABLE)? {
        return not_empty(password);
    }
    let password = not_empty(ask("password for the secret key: ")?)?;
    match ask("repeat the password: ")? == password {
        true => Ok(password),
        false => Err("the two passwords differ, and nothing was written; try again".to_owned()),
    }
}

/// An empty password encrypts nothing. Pressing Enter by mistake, or an empty variable in CI, would look protected.
fn not_empty(password: String) -> Result<String, String> {
    match password.is_empty() {
        true => Err("the password is empty; use --unlocked for a key without a password".to_owned()),
        false => Ok(password),
    }
}

/// Reads a password without showing it. A job without a terminal gets the name of the variable instead of an error about
/// `/dev/tty`.
fn ask(prompt: &str) -> Result<String, String> {
    if !io::stdin().is_terminal() {
        return Err(format!("a password is needed, and stdin is not a terminal; set {PASSWORD_VARIABLE}"));
    }
    rpassword::prompt_password(prompt)
        .map_err(|why| format!("cannot read the password: {why}; set {PASSWORD_VARIABLE} instead"))
}
