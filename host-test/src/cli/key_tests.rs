//! Every source of a key, and every text that is refused as a key.

use std::fs;
use std::path::PathBuf;

use super::super::access::tests::{fake, manifest};
use super::*;

const KEY: &str = "sk-canary-0123456789";

fn file(folder: &Path, text: &str, mode: u32) -> PathBuf {
    let path = folder.join(format!("key{mode:o}"));
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    path
}

fn find_key(file: Option<&Path>, variables: &[(&str, &str)]) -> Result<Option<(String, String)>, String> {
    match find(file, &manifest(), false, &fake(variables)) {
        Ok(key) => Ok(key.map(|key| (key.secret.expose().to_owned(), key.source))),
        Err(Failure::Usage(message)) => Err(message),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_key_comes_from_a_variable_or_from_a_file_and_its_source_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), &format!("\n  {KEY}\n"), 0o600);
    let name = path.to_str().unwrap();
    type Variables<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Option<&Path>, Variables<'_>, &str); 5] = [
        (None, &[("COMETAPI_KEY", KEY)], "COMETAPI_KEY"),
        (None, &[("COMET_API_KEY", " sk-canary-0123456789\n")], "COMET_API_KEY"),
        (None, &[("COMETAPI_KEY_FILE", name)], &format!("COMETAPI_KEY_FILE {name}")),
        (Some(&path), &[], &format!("--key-file {name}")),
        (
            Some(&path),
            &[("COMETAPI_KEY", "sk-other"), ("COMETAPI_KEY_FILE", "/nowhere")],
            &format!("--key-file {name}"),
        ),
    ];
    for (file, variables, source) in cases {
        assert_eq!(find_key(file, variables), Ok(Some((KEY.to_owned(), source.to_owned()))));
    }
    assert_eq!(find_key(None, &[("COMETAPI_KEY", " "), ("COMETAPI_KEY_FILE", "")]), Ok(None));
}

#[test]
fn an_invalid_key_is_refused_with_its_source_and_not_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let with = |text: &str| {
        let path = file(dir.path(), text, 0o600);
        find_key(Some(&path), &[]).unwrap_err()
    };
    let two_lines = format!("{KEY}\n{KEY}\n");
    let cases = [
        (with(""), "is empty"),
        (with(" \n"), "is empty"),
        (with(&two_lines), "line breaks"),
        (with("COMETAPI KEY=sk-canary-0123456789"), "blanks"),
        (with(&"sk-canary-0123456789".repeat(1000)), "more than"),
        (
            find_key(None, &[("COMETAPI_KEY", "sk-canary 0123456789")]).unwrap_err(),
            "the key of COMETAPI_KEY has blanks",
        ),
        (find_key(None, &[("COMETAPI_KEY", "sk-canary-ü")]).unwrap_err(), "COMETAPI_KEY"),
        (find_key(None, &[("COMETAPI_KEY_FILE", "/nowhere")]).unwrap_err(), "COMETAPI_KEY_FILE: /nowhere"),
        (find_key(None, &[("COMETAPI_KEY", KEY), ("COMETAPI_KEY_FILE", "/x")]).unwrap_err(), "both set"),
    ];
    for (message, expected) in cases {
        assert!(message.contains(expected) && !message.contains("canary"), "{expected}: {message}");
    }
}

#[test]
fn an_unsigned_manifest_does_not_choose_the_variable_of_the_key() {
    let mut greedy = manifest();
    greedy.credential.env_vars = vec!["AWS_SECRET_ACCESS_KEY".to_owned(), "COMETAPI_KEY".to_owned()];
    let found = |signed: bool, set: &[&str]| {
        let variable = |name: &str| Ok(set.contains(&name).then(|| format!("of-{name}")));
        find(None, &greedy, signed, &variable).unwrap().map(|key| key.source)
    };
    let all = ["AWS_SECRET_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY_FILE", "COMETAPI_KEY"];
    assert_eq!(found(false, &all).as_deref(), Some("COMETAPI_KEY"));
    assert_eq!(found(false, &all[..2]), None);
    assert_eq!(found(true, &all[..1]).as_deref(), Some("AWS_SECRET_ACCESS_KEY"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused_with_the_command_to_run() {
    let dir = tempfile::tempdir().unwrap();
    for mode in [0o644, 0o640, 0o604, 0o660] {
        let path = file(dir.path(), KEY, mode);
        let message = find_key(Some(&path), &[]).unwrap_err();
        assert!(message.contains(&format!("chmod 600 {}", path.display())), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn an_argument_that_looks_like_a_key_is_refused_and_not_repeated() {
    let refused = |line: &str| {
        let arguments = std::iter::once("host-test").chain(line.split_whitespace()).map(OsString::from);
        refuse_in_arguments(arguments).map_err(|failure| match failure {
            Failure::Usage(message) => message,
            other => panic!("{other:?}"),
        })
    };
    for line in [
        KEY,
        "chat sk-canary-0123456789",
        "chat --key sk-canary-0123456789 hi",
        "chat --key=sk-canary-0123456789 hi",
        "account --base-url=sk-canary-0123456789",
        "chat -m sk-proj-Abc_0canary",
        "chat -msk-canary-0123456789 hi",
        "account sk-canaryabcdefghijklmnop",
        "account COMETAPI_KEY=sk-canary-0123456789",
        "account SK-canary-0123456789",
        "chat is:sk-canary-0123456789",
    ] {
        let message = refused(line).unwrap_err();
        assert!(message.contains("COMETAPI_KEY") && !message.contains("canary"), "{message}");
    }
    assert!(holds_a_key("Bearer sk-canary-0123456789"));
    assert!(!holds_a_key("why does sk-canary-0123456789 not work?"), "a prompt may speak of keys");
    for line in [
        "chat hello",
        "chat -m sk-model",
        "chat -m sk-telecom/a.x-4.0-32b",
        "chat sk-",
        "models --search sk-1",
        "sign dir --signing-key task-12345678",
    ] {
        assert_eq!(refused(line), Ok(()), "{line}");
    }
}
