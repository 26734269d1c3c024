//! What a release is packed from is there: the package holds program, unit, configuration and documentation.

use std::{path::Path, process::Command};

use tempfile::TempDir;

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "{command:?}: {told}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn the_package_holds_what_is_installed() {
    if Command::new("dpkg-deb").arg("--version").output().is_err() {
        eprintln!("skipped: there is no dpkg-deb here");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new().unwrap();
    // Any program: what is looked at is what lies beside it.
    let packed = output(
        Command::new(root.join("scripts/package"))
            .args(["--binary", "/bin/sh", "--out"])
            .arg(folder.path()),
    );
    let [deb, tarball] = packed.lines().collect::<Vec<_>>().try_into().unwrap();
    let inside = output(Command::new("dpkg-deb").args(["--contents", deb]));
    let unpacked = output(Command::new("tar").args(["--list", "--file", tarball]));
    for path in [
        "/usr/bin/punchgate",
        "/usr/lib/systemd/system/punchgate.service",
        "/etc/punchgate/punchgate.toml",
        "/usr/share/doc/punchgate/OPERATIONS.md",
        "/usr/share/doc/punchgate/config.example.toml",
        "/usr/share/doc/punchgate/copyright",
    ] {
        assert!(inside.contains(path), "{path} in\n{inside}");
        assert!(unpacked.contains(path), "{path} in\n{unpacked}");
    }
    let control = output(Command::new("dpkg-deb").args(["--field", deb]));
    assert!(
        control.contains(&format!("Version: {}", env!("CARGO_PKG_VERSION"))),
        "{control}"
    );
    assert!(control.contains("Depends: libc6 (>= 2."), "{control}");
    // What it installs reads.
    let installed = std::fs::read_to_string(root.join("packaging/punchgate.toml")).unwrap();
    let installed = installed.replace("/var/lib/punchgate", &folder.path().display().to_string());
    punchgate::config::Config::read(&installed, &[]).unwrap();
}
