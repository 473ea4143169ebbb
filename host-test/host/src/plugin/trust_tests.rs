//! Signed plugins, and each way in which one can be wrong.

use std::fs;
use std::io::Cursor;

use minisign::KeyPair;

use super::*;
use crate::plugin::tests::{description, packed, provider};
use crate::plugin::{FILE_NAME, Plugin, SigningError, SigningKey, generate, pack, sign};

/// A plugin that is signed, the key that did it, and its folder.
fn signed() -> (tempfile::TempDir, PathBuf, SigningKey) {
    let (dir, out) = packed();
    let key = key(dir.path(), "signing.key");
    sign(&out, &key).unwrap();
    (dir, out, key)
}

fn key(folder: &Path, name: &str) -> SigningKey {
    let path = folder.join(name);
    generate(&path, None).unwrap();
    SigningKey::read(&path, || panic!("it has no password")).unwrap()
}

fn only(keys: &[&SigningKey]) -> Trust {
    Trust::Signed(keys.iter().map(|key| key.public()).collect())
}

fn refusal(folder: &Path, trust: &Trust) -> (String, SignatureError) {
    match Plugin::load_trusted(folder, trust) {
        Err(LoadError::Signature { path, problem }) => {
            assert_eq!(path, folder);
            (problem.to_string(), problem)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_signed_plugin_is_accepted_if_its_key_is_one_of_those_trusted_and_reports_that_key() {
    let (dir, out, key) = signed();
    let other = super::tests::key(dir.path(), "other.key");
    for trust in [only(&[&key]), only(&[&other, &key])] {
        let plugin = Plugin::load_trusted(&out, &trust).unwrap();
        assert_eq!(plugin.signer(), Some(key.public().id().as_str()));
    }
    assert_eq!(Plugin::load(&out).unwrap().signer(), None, "no signature was required");
}

#[test]
fn an_unsigned_plugin_is_refused_where_a_signature_is_required() {
    let (dir, out) = packed();
    let key = key(dir.path(), "signing.key");
    let (message, problem) = refusal(&out, &only(&[&key]));
    assert!(matches!(problem, SignatureError::Missing { .. }));
    assert!(message.contains(&key.public().id()) && message.contains("plugin.toml.minisig"), "{message}");
    sign(&out, &key).unwrap();
    let (message, _) = refusal(&out, &Trust::Signed(Vec::new()));
    assert!(message.contains("no key at all"), "{message}");
}

#[test]
fn the_signature_of_an_untrusted_key_is_refused_with_both_keys_named() {
    let (dir, out, key) = signed();
    let mine = super::tests::key(dir.path(), "mine.key");
    let (message, problem) = refusal(&out, &only(&[&mine]));
    assert!(matches!(problem, SignatureError::Stranger { .. }));
    assert!(message.contains(&key.public().id()) && message.contains(&mine.public().id()), "{message}");
}

#[test]
fn another_key_with_the_id_of_a_trusted_key_is_refused() {
    let (dir, out, key) = signed();
    let mine = super::tests::key(dir.path(), "mine.key");
    // The id stands in the signature unsigned: bytes 2 to 9 of its second line.
    let path = out.join(SIGNATURE_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().nth(1).unwrap();
    let mut bytes = BASE64_STANDARD.decode(line).unwrap();
    bytes[2..10].copy_from_slice(mine.public().0.keynum());
    fs::write(&path, text.replace(line, &BASE64_STANDARD.encode(bytes))).unwrap();
    assert!(matches!(refusal(&out, &only(&[&mine, &key])).1, SignatureError::Changed { .. }));
}

#[test]
fn every_change_to_a_signed_manifest_is_detected() {
    let (_dir, out, key) = signed();
    let manifest = out.join(FILE_NAME);
    let text = fs::read_to_string(&manifest).unwrap();
    let changes = [
        ("https://api.cometapi.com", "https://api.evil.example"),
        ("header = \"authorization\"", "header = \"x-other\""),
        ("memory-mib = 256", "memory-mib = 4096"),
        ("custom-base-url = true", "custom-base-url = false"),
        ("\n", "\n\n"),
    ];
    for (from, to) in changes {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        fs::write(&manifest, changed).unwrap();
        assert!(Plugin::load(&out).is_ok(), "{to}: valid where no signature is required");
        let (message, problem) = refusal(&out, &only(&[&key]));
        assert!(matches!(problem, SignatureError::Changed { .. }), "{to}: {message}");
    }
    fs::write(&manifest, text).unwrap();
    assert!(Plugin::load_trusted(&out, &only(&[&key])).is_ok(), "restored");
}

#[test]
fn a_replaced_component_does_not_match_the_signed_digest() {
    let (_dir, out, key) = signed();
    let mut component = provider();
    *component.last_mut().unwrap() ^= 1;
    fs::write(out.join("cometapi.wasm"), component).unwrap();
    let error = Plugin::load_trusted(&out, &only(&[&key])).unwrap_err();
    assert!(
        matches!(&error, LoadError::Mismatch { manifest, .. } if manifest.contains("SHA-256")),
        "{error}"
    );
}

#[test]
fn the_signature_of_another_plugin_or_version_is_refused_with_both_named() {
    let (dir, out, key) = signed();
    for (id, version) in [("cometapi", "9.9.9"), ("other", "1.2.3")] {
        let other = dir.path().join(id).join(version);
        let mut description = description();
        (description.id, description.version) = (id.to_owned(), version.to_owned());
        pack(&provider(), &description, &other).unwrap();
        fs::copy(sign(&other, &key).unwrap(), out.join(SIGNATURE_FILE)).unwrap();
        let (message, problem) = refusal(&out, &only(&[&key]));
        assert!(matches!(problem, SignatureError::AnotherPlugin { .. }), "{message}");
        assert!(message.contains(&format!("plugin {id} {version}")), "{message}");
        assert!(message.contains("plugin cometapi 1.2.3"), "{message}");
    }
}

#[test]
fn a_malformed_signature_is_refused_without_a_panic() {
    let (_dir, out, key) = signed();
    let path = out.join(SIGNATURE_FILE);
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let with = |line: usize, other: &str| {
        let mut lines = lines.clone();
        lines[line] = other;
        lines.join("\n").into_bytes()
    };
    let short = BASE64_STANDARD.encode([1_u8; 63]);
    let mut cases = vec![
        with(0, "no comment"),
        with(1, ""),
        with(1, "!!!!"),
        with(1, &BASE64_STANDARD.encode([0; 74])),
        with(2, "no comment"),
        with(3, &short),
        with(3, ""),
        Vec::new(),
        b"\xff\xfe\x00".to_vec(),
        vec![b'\n'; 100],
    ];
    cases.extend((0..text.len()).step_by(7).map(|end| text.as_bytes()[..end].to_vec()));
    for case in cases {
        fs::write(&path, &case).unwrap();
        let shown = String::from_utf8_lossy(&case).into_owned();
        let (message, problem) = refusal(&out, &only(&[&key]));
        assert!(matches!(problem, SignatureError::Malformed(_)), "{shown:?}: {message}");
    }
    // "Ed" stands for a signature of the bytes themselves, and "ED" for one of their hash.
    let mut old = BASE64_STANDARD.decode(lines[1]).unwrap();
    old[1] = b'd';
    fs::write(&path, with(1, &BASE64_STANDARD.encode(old))).unwrap();
    assert!(refusal(&out, &only(&[&key])).0.contains("old form"));
    // A comment that was changed is signed as well.
    fs::write(&path, with(2, "trusted comment: something else")).unwrap();
    assert!(matches!(refusal(&out, &only(&[&key])).1, SignatureError::Changed { .. }));
}

#[test]
fn a_signature_made_by_minisign_is_accepted() {
    let (_dir, out) = packed();
    let pair = KeyPair::generate_unencrypted_keypair().unwrap();
    let manifest = fs::read(out.join(FILE_NAME)).unwrap();
    let signature =
        minisign::sign(None, &pair.sk, Cursor::new(manifest), Some("timestamp:1 file:plugin.toml"), None);
    fs::write(out.join(SIGNATURE_FILE), signature.unwrap().to_bytes()).unwrap();
    let trust = Trust::Signed(vec![TrustedKey::parse(&pair.pk.to_box().unwrap().into_string()).unwrap()]);
    assert!(Plugin::load_trusted(&out, &trust).is_ok());
}

#[test]
fn packing_again_keeps_a_signature_of_the_same_manifest_and_removes_any_other() {
    let (_dir, out, key) = signed();
    pack(&provider(), &description(), &out).unwrap();
    assert!(Plugin::load_trusted(&out, &only(&[&key])).is_ok(), "nothing changed");
    pack(&provider(), &crate::contract::Description { version: "1.2.4".to_owned(), ..description() }, &out)
        .unwrap();
    assert!(!out.join(SIGNATURE_FILE).exists());
}

#[test]
fn a_trusted_key_is_read_from_the_argument_or_from_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (key, file) = generate(&dir.path().join("signing.key"), None).unwrap();
    assert_eq!(file, dir.path().join("signing.pub"));
    for argument in [key.to_base64(), file.to_string_lossy().into_owned()] {
        assert_eq!(TrustedKey::read_argument(&argument).unwrap().id(), key.id());
    }
    #[cfg(unix)]
    {
        let link = dir.path().join("mounted.pub");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let link = link.to_str().unwrap();
        assert_eq!(TrustedKey::read_argument(link).unwrap().id(), key.id());
        for (mode, good) in [(0o666, false), (0o664, false), (0o644, true)] {
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
            match TrustedKey::read_argument(link) {
                Ok(_) => assert!(good, "{mode:o}"),
                Err(error) => assert!(!good && error.to_string().contains("chmod go-w"), "{error}"),
            }
        }
    }
    fs::write(&file, "no key").unwrap();
    assert!(matches!(TrustedKey::read_argument(file.to_str().unwrap()), Err(LoadError::Key { .. })));
    assert!(matches!(TrustedKey::read_argument("RWnonsense"), Err(LoadError::File { .. })));
}

#[test]
fn a_secret_key_is_encrypted_and_private_and_never_printed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("signing.key");
    generate(&path, Some("right".to_owned())).unwrap();
    let read = |password: &str| SigningKey::read(&path, || Ok(password.to_owned()));
    let shown = format!("{:?}", read("right").unwrap());
    assert!(shown.starts_with("SigningKey of key "), "{shown}");
    let error = read("wrong").unwrap_err().to_string();
    assert!(error.to_lowercase().contains("wrong password"), "{error}");
    assert!(matches!(generate(&path, None), Err(SigningError::Key { .. })), "no key is written over");
    assert!(matches!(generate(&dir.path().join("x.pub"), None), Err(SigningError::Key { .. })));
    fs::write(&path, "comment\nnonsense\n").unwrap();
    assert!(read("right").unwrap_err().to_string().contains("not a minisign secret key"));
    #[cfg(unix)]
    {
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
        assert!(read("right").unwrap_err().to_string().contains("chmod 600"));
    }
}
