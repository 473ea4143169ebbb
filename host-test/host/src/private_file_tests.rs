//! Files with every owner, mode and kind that matters.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;

fn file(folder: &Path, name: &str, mode: u32) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, "secret text\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

#[test]
fn a_secret_is_read_only_from_a_private_file_and_the_error_has_the_command_that_makes_it_private() {
    let dir = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o400, 0o700] {
        let path = file(dir.path(), &format!("{mode:o}"), mode);
        assert_eq!(read_secret(&path, 100).unwrap(), "secret text\n");
    }
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602, 0o610, 0o777] {
        let path = file(dir.path(), &format!("{mode:o}"), mode);
        let error = read_secret(&path, 100).unwrap_err().to_string();
        assert!(error.contains(&format!("chmod 600 {}", path.display())), "{error}");
        assert!(error.contains(&format!("{mode:04o}")) && !error.contains("secret text"), "{error}");
    }
}

#[test]
fn a_secret_may_be_a_link_and_the_checks_apply_to_its_target() {
    let dir = tempfile::tempdir().unwrap();
    for (mode, good) in [(0o600, true), (0o644, false)] {
        let link = dir.path().join(format!("link{mode:o}"));
        symlink(file(dir.path(), &format!("{mode:o}"), mode), &link).unwrap();
        assert_eq!(read_secret(&link, 100).is_ok(), good);
    }
}

#[test]
fn a_secret_that_is_too_long_or_not_text_is_refused_without_showing_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "key", 0o600);
    assert!(matches!(read_secret(&path, 11), Err(PrivateFileError::TooLong { limit: 11, .. })));
    assert!(read_secret(&path, 12).is_ok(), "as long as it may be");
    fs::write(&path, b"\xff\xfe").unwrap();
    assert!(matches!(read_secret(&path, 100), Err(PrivateFileError::NotText { .. })));
    assert!(matches!(read_secret(dir.path(), 100), Err(PrivateFileError::Kind { .. })));
    assert!(matches!(read_secret(&dir.path().join("none"), 100), Err(PrivateFileError::Io { .. })));
}

#[test]
fn a_secret_is_written_for_its_owner_alone_and_overwrites_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    write_secret(&path, b"one").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let error = write_secret(&path, b"two").unwrap_err();
    assert!(
        matches!(error, PrivateFileError::Io { source, .. } if source.kind() == io::ErrorKind::AlreadyExists)
    );
    assert_eq!(fs::read(&path).unwrap(), b"one");
    symlink(dir.path().join("elsewhere"), dir.path().join("link")).unwrap();
    assert!(write_secret(&dir.path().join("link"), b"two").is_err());
    assert!(!dir.path().join("elsewhere").exists(), "no link is written through");
}

#[test]
fn a_file_that_others_can_change_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (mode, good) in [(0o600, true), (0o644, true), (0o660, false), (0o606, false), (0o622, false)] {
        let path = file(dir.path(), &format!("{mode:o}"), mode);
        match read_own(&path, 100) {
            Ok(bytes) => assert!(good && bytes == b"secret text\n", "{mode:o}"),
            Err(error) => assert!(!good && error.to_string().contains("chmod go-w"), "{error}"),
        }
        // `read_regular` is for files that are checked in another way, so it accepts any mode.
        assert!(read_regular(&path, 100).is_ok());
    }
}

#[test]
fn a_public_key_may_come_through_a_link_but_not_from_a_file_that_others_can_change() {
    let dir = tempfile::tempdir().unwrap();
    for (mode, good) in [(0o600, true), (0o644, true), (0o664, false), (0o646, false), (0o666, false)] {
        let path = file(dir.path(), &format!("{mode:o}"), mode);
        let link = dir.path().join(format!("link{mode:o}"));
        symlink(&path, &link).unwrap();
        for path in [path, link] {
            match read_public_key(&path, 100) {
                Ok(bytes) => assert!(good && bytes == b"secret text\n", "{mode:o}"),
                Err(error) => {
                    assert!(!good && matches!(error, PrivateFileError::SharedKey { .. }), "{error}");
                    assert!(error.to_string().contains("the key in it is the right one"), "{error}");
                }
            }
        }
    }
    let path = dir.path().join("written");
    write_public_key(&path, b"key").unwrap();
    assert_eq!(read_public_key(&path, 100).unwrap(), b"key");
    assert!(write_public_key(&path, b"another").is_err(), "no key is written over");
    assert!(matches!(read_public_key(dir.path(), 100), Err(PrivateFileError::Kind { .. })));
}

#[test]
fn a_link_a_folder_and_a_pipe_are_refused_where_a_regular_file_is_required() {
    let dir = tempfile::tempdir().unwrap();
    let (link, pipe) = (dir.path().join("link"), dir.path().join("pipe"));
    symlink(file(dir.path(), "target", 0o600), &link).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let began = Instant::now();
    for (path, word) in [(link, "symbolic link"), (pipe, "pipe"), (dir.path().to_owned(), "folder")] {
        for read in [read_own, read_regular] {
            let error = read(&path, 100).unwrap_err();
            assert!(
                matches!(error, PrivateFileError::Kind { .. }) && error.to_string().contains(word),
                "{error}"
            );
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "a pipe that nobody writes to is not waited for");
}

#[test]
fn another_users_file_and_folder_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "theirs", 0o600);
    let folder = dir.path().join("folder");
    create_own_folder(&folder).unwrap();
    if chown(&path, Some(12_345), None).is_err() {
        println!("skipped: only the administrator can give a file away");
        return;
    }
    chown(&folder, Some(12_345), None).unwrap();
    assert!(matches!(read_own(&path, 100), Err(PrivateFileError::Foreign { owner: 12_345, .. })));
    assert!(matches!(open_own(&path), Err(PrivateFileError::Foreign { owner: 12_345, .. })));
    let secret = read_secret(&path, 100).unwrap_err();
    let public = read_public_key(&path, 100).unwrap_err();
    for error in [secret, public] {
        assert!(matches!(error, PrivateFileError::ForeignKey { owner: 12_345, .. }), "{error}");
        assert!(error.to_string().contains("to a file of your own"), "{error}");
    }
    assert!(matches!(check_own_folder(&folder), Err(PrivateFileError::Foreign { owner: 12_345, .. })));
}

#[test]
fn a_folder_is_created_for_its_owner_and_refused_once_others_can_write_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("deep/folder");
    create_own_folder(&folder).unwrap();
    create_own_folder(&folder).unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for (mode, good) in [(0o700, true), (0o755, true), (0o775, false), (0o777, false), (0o1777, false)] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(check_own_folder(&folder).is_ok(), good, "{mode:o}");
    }
    assert!(check_own_folder(&file(dir.path(), "file", 0o600)).is_err());
}
