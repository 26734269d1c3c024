//! A folder of this machine: where it may lie, what leads out of it, and what is never overwritten.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{fs, os::unix::fs::symlink, path::Path};

use punchgate_folder::{FilePath, Folder, FolderError, Moved, Place, Roots};

fn open(path: &Path, root: &Path) -> Folder {
    Folder::new(Place::Local(path.to_owned()), &Roots(vec![root.to_owned()])).unwrap()
}

fn at(directory: &str, name: &str) -> FilePath {
    FilePath::new(directory, name).unwrap()
}

#[tokio::test]
async fn only_below_a_root() {
    let (allowed, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let below = allowed.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    symlink(other.path(), allowed.path().join("link")).unwrap();
    let roots = Roots(vec![allowed.path().to_owned()]);
    let made = |path: &Path, roots: &Roots| Folder::new(Place::Local(path.to_owned()), roots);
    for path in [allowed.path(), &below] {
        made(path, &roots).unwrap().list("").await.unwrap();
    }
    for path in [other.path().to_owned(), allowed.path().join("a/../a")] {
        let wrong = made(&path, &roots).unwrap_err();
        assert!(wrong.remedy.contains("[folders] roots"), "{wrong}");
    }
    assert!(made(&below, &Roots::default()).is_err());
    // What only a look at the disk shows is seen when it is used.
    let link = made(&allowed.path().join("link"), &roots).unwrap();
    let led = link.list("").await;
    assert!(matches!(led, Err(FolderError::Refused { .. })), "{led:?}");
    let absent = made(&allowed.path().join("absent"), &roots).unwrap();
    let missing = absent.list("").await;
    assert!(matches!(missing, Err(FolderError::Missing { .. })), "{missing:?}");
}

#[tokio::test]
async fn whole_or_not_at_all_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let drop = open(folder.path(), folder.path());
    assert!(
        drop.write_new(&at("out", "a.csv"), "one".into(), "1")
            .await
            .unwrap()
    );
    assert!(
        !drop
            .write_new(&at("out", "a.csv"), "two".into(), "2")
            .await
            .unwrap()
    );
    assert_eq!(drop.read(&at("out", "a.csv"), 3).await.unwrap(), "one");
    assert!(matches!(
        drop.read(&at("out", "a.csv"), 2).await,
        Err(FolderError::TooLarge { .. })
    ));
    assert!(matches!(
        drop.read(&at("out", "b.csv"), 2).await,
        Err(FolderError::Missing { .. })
    ));
    drop.write_new(&at("", "b.csv"), "two".into(), "3").await.unwrap();
    assert_eq!(
        drop.move_new(&at("", "b.csv"), &at("out", "a.csv"))
            .await
            .unwrap(),
        Moved::Exists
    );
    assert_eq!(
        drop.move_new(&at("", "b.csv"), &at("x/y", "b.csv"))
            .await
            .unwrap(),
        Moved::Done
    );
    assert_eq!(
        drop.move_new(&at("", "b.csv"), &at("x/y", "b.csv"))
            .await
            .unwrap(),
        Moved::Missing
    );
    let names: Vec<String> = drop
        .list("out")
        .await
        .unwrap()
        .entries
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    assert_eq!(names, ["a.csv"], "nothing unfinished is left");
    assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 1);
    assert!(drop.list("absent").await.unwrap().entries.is_empty());
    assert!(drop.remove(&at("out", "a.csv")).await.unwrap());
    assert!(!drop.remove(&at("out", "a.csv")).await.unwrap());
}

#[tokio::test]
async fn links_and_pipes_are_no_files() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let drop = open(folder.path(), folder.path());
    fs::write(other.path().join("secret"), "secret").unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    symlink(other.path().join("secret"), folder.path().join("in/link.csv")).unwrap();
    symlink(other.path(), folder.path().join("elsewhere")).unwrap();
    nix::unistd::mkfifo(&folder.path().join("in/pipe.csv"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let listing = drop.list("in").await.unwrap();
    assert_eq!(
        (listing.entries.len(), listing.passed_over),
        (0, vec!["link.csv".to_owned(), "pipe.csv".to_owned()])
    );
    for (directory, name) in [("in", "link.csv"), ("in", "pipe.csv"), ("elsewhere", "secret")] {
        let read = drop.read(&at(directory, name), 100).await;
        assert!(
            matches!(read, Err(FolderError::Refused { .. })),
            "{directory}/{name}: {read:?}"
        );
    }
    let written = drop.write_new(&at("elsewhere", "new"), "x".into(), "1").await;
    assert!(matches!(written, Err(FolderError::Refused { .. })), "{written:?}");
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
}
