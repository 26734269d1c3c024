//! Programs that do not keep to what was agreed, and what they cannot see. Limits are parameters: nothing here waits for
//! longer than a program needs to be started.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use punchgate_child::{Child, ChildError, Greeting, Limits, Program, UnseenCause};
use tokio::time::Instant;

const SECRET: &str = "hunter2-of-the-erp";
/// Answers the greeting with a word and everything else with itself.
const ECHO: &str = "read hello; echo hello; while read line; do echo \"$line\"; done";

fn limits() -> Limits {
    Limits {
        line_bytes: 1_000,
        start: Duration::from_mins(2),
        least_time: Duration::ZERO,
        first_wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
    }
}

/// A script of the shell; its greeting must be `hello`.
fn program(script: &str, limits: Limits) -> Program {
    Program {
        path: PathBuf::from("/bin/sh"),
        args: vec!["-c".to_owned(), script.to_owned()],
        directory: PathBuf::from("/"),
        environment: BTreeMap::new(),
        greeting: Greeting {
            line: Bytes::from(format!("hello {SECRET}")),
            judge: Arc::new(|line| match line {
                b"hello" => Ok(()),
                _ => Err("it does not know what was agreed".to_owned()),
            }),
        },
        secrets: vec![SECRET.to_owned()],
        limits,
    }
}

fn child(script: &str) -> Child {
    Child::new(program(script, limits())).unwrap()
}

/// Long enough for any machine.
fn patient() -> Instant {
    Instant::now() + Duration::from_mins(2)
}

async fn ask(child: &Child, line: &str) -> Result<String, ChildError> {
    child
        .ask(line.as_bytes(), patient(), |answer| {
            let answer = String::from_utf8_lossy(answer).into_owned();
            if answer.starts_with("no") {
                return Err("it is no answer".to_owned());
            }
            Ok(answer)
        })
        .await
}

fn cause(result: Result<String, ChildError>) -> UnseenCause {
    match result {
        Err(ChildError::Unseen { cause, .. }) => cause,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_line_in_one_line_out_by_one_program() {
    let child = child("read hello; echo hello; while read line; do echo \"$$ $line\"; done");
    let first = ask(&child, "a").await.unwrap();
    let (process, line) = first.split_once(' ').unwrap();
    assert_eq!(line, "a");
    assert_eq!(ask(&child, "b").await.unwrap(), format!("{process} b"));
    assert_eq!(child.latest_greeting().as_deref(), Some(&b"hello"[..]));
}

#[tokio::test]
async fn whoever_does_not_keep_to_it_is_ended_and_started_again() {
    let cases = [
        (
            "while :; do printf aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
            UnseenCause::TooLong,
        ),
        ("exit 3", UnseenCause::Ended),
        ("kill -9 $$", UnseenCause::Ended),
        ("printf half; exit 0", UnseenCause::Ended),
        (
            "echo no, this is a message for people; echo answer",
            UnseenCause::Garbled,
        ),
    ];
    for (then, expected) in cases {
        let child = child(&format!("read hello; echo hello; read line; {then}"));
        for attempt in ["first", "second"] {
            let failed = ask(&child, "a").await;
            assert_eq!(cause(failed), expected, "{then}, {attempt} time");
        }
    }
}

#[tokio::test]
async fn silence_ends_with_the_time() {
    let child = child("read hello; echo hello; read line; read never");
    let until = Instant::now() + Duration::from_millis(300);
    // Started in time or not, it never answers.
    let failed = child.ask(b"a", until, |_| Ok(())).await;
    assert!(
        matches!(
            failed,
            Err(ChildError::Unseen {
                cause: UnseenCause::Silent,
                ..
            })
        ),
        "{failed:?}"
    );
}

#[tokio::test]
async fn how_it_ended_is_told() {
    let child = child("read hello; echo hello; read line; exit 3");
    let told = ask(&child, "a").await.unwrap_err().to_string();
    assert!(
        told.contains("exit status: 3") || told.contains("signal"),
        "{told}"
    );
}

#[tokio::test]
async fn a_program_that_fails_rests_before_it_is_started_again() {
    let rests = Limits {
        first_wait: Duration::from_mins(10),
        longest_wait: Duration::from_mins(60),
        ..limits()
    };
    let scripts = [
        "exit 1",
        "read hello; exit 1",
        "read hello; echo hello; read line; exit 1",
        "read hello; echo hello; read line; echo no",
    ];
    for script in scripts {
        let child = Child::new(program(script, rests)).unwrap();
        ask(&child, "a").await.unwrap_err();
        let Err(ChildError::NotAsked { after, .. }) = ask(&child, "a").await else {
            panic!("{script}: it was asked again at once");
        };
        let after = after.unwrap();
        assert!(
            after > Duration::from_mins(9) && after <= Duration::from_mins(10),
            "{after:?}"
        );
    }
}

#[tokio::test]
async fn a_greeting_that_does_not_do_is_refused_and_nothing_is_asked() {
    let child = child("read hello; echo hullo; read line; echo \"$line\"");
    let refused = ask(&child, "a").await;
    assert!(matches!(refused, Err(ChildError::Refused { .. })), "{refused:?}");
    assert_eq!(child.latest_greeting(), None);
}

#[tokio::test]
async fn a_program_that_talks_unasked_is_ended_before_it_is_asked() {
    // What it writes comes together with its greeting.
    let child = child("read hello; printf 'hello\\nlistening\\n'; read line; echo \"$line\"");
    child.greeting().await.unwrap();
    let failed = ask(&child, "a").await;
    let Err(ChildError::NotAsked { detail, .. }) = failed else {
        panic!("{failed:?}");
    };
    assert!(detail.contains("stderr"), "{detail}");
}

#[tokio::test]
async fn whoever_has_nothing_to_do_may_go() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("gone");
    let script = format!(
        "read hello; echo hello; read line; echo \"$line\"; : > {}",
        marker.display()
    );
    let child = Child::new(program(
        &script,
        Limits {
            // A failure would rest.
            first_wait: Duration::from_mins(10),
            longest_wait: Duration::from_mins(10),
            ..limits()
        },
    ))
    .unwrap();
    for line in ["a", "b", "c"] {
        match ask(&child, line).await {
            Ok(answer) => assert_eq!(answer, line),
            // It was still about to end.
            Err(ChildError::Unseen { cause, .. }) => return assert_eq!(cause, UnseenCause::Ended),
            Err(other) => panic!("{other}"),
        }
        while !marker.exists() {
            tokio::task::yield_now().await;
        }
        std::fs::remove_file(&marker).unwrap();
    }
}

#[tokio::test]
async fn who_goes_away_takes_the_program_along() {
    let child =
        child("read hello; echo hello; read line; [ \"$line\" = stay ] || read never; echo \"$line\"");
    child.greeting().await.unwrap();
    {
        let abandoned = ask(&child, "hang");
        tokio::pin!(abandoned);
        assert!(futures_util::poll!(&mut abandoned).is_pending());
    }
    // The late answer meets nobody: another program was asked.
    assert_eq!(ask(&child, "stay").await.unwrap(), "stay");
}

#[tokio::test]
async fn too_little_time_does_not_end_a_program() {
    let child = Child::new(program(
        "read hello; echo hello; while read line; do echo $$; done",
        Limits {
            least_time: Duration::from_secs(30),
            ..limits()
        },
    ))
    .unwrap();
    let before = ask(&child, "a").await.unwrap();
    let hurried = child
        .ask(b"b", Instant::now() + Duration::from_secs(10), |_| Ok(()))
        .await;
    assert!(matches!(hurried, Err(ChildError::NotAsked { .. })), "{hurried:?}");
    assert_eq!(ask(&child, "c").await.unwrap(), before);
}

#[tokio::test]
async fn a_flood_on_stderr_stops_nothing_and_a_line_too_long_is_not_sent() {
    let flood =
        "i=0; while [ $i -lt 3000 ]; do echo 'a line of a log that nobody reads' >&2; i=$((i+1)); done";
    let child = child(&format!(
        "read hello; echo hello; while read line; do {flood}; echo \"$line\"; done"
    ));
    assert_eq!(ask(&child, "a").await.unwrap(), "a");
    let long = ask(&child, &"x".repeat(1_001)).await;
    assert!(matches!(long, Err(ChildError::NotAsked { .. })), "{long:?}");
    let longest = "x".repeat(1_000);
    assert_eq!(ask(&child, &longest).await.unwrap(), longest);
}

#[tokio::test]
async fn it_sees_nothing_of_the_gateway_and_nobody_sees_its_secrets() {
    let mut program = program(
        "read hello; echo hello; read line; tr '\\0' ' ' < /proc/$$/environ; tr '\\0\\n' '  ' < /proc/$$/cmdline; echo",
        limits(),
    );
    program.environment = [("TZ".to_owned(), "Europe/Berlin".to_owned())].into();
    let child = Child::new(program).unwrap();
    let seen = ask(&child, "a").await.unwrap();
    assert!(
        seen.contains("TZ=Europe/Berlin") && seen.contains("LANG=C.UTF-8"),
        "{seen}"
    );
    // Cargo's variables are in this test's own environment.
    assert!(
        !seen.contains("CARGO") && !seen.contains("HOME=") && !seen.contains(SECRET),
        "{seen}"
    );
}

#[tokio::test]
async fn it_is_gone_with_the_last_who_knows_it() {
    let child = child(&ECHO.replace("echo \"$line\"", "echo $$"));
    let process = ask(&child, "a").await.unwrap();
    let folder = PathBuf::from(format!("/proc/{process}"));
    assert!(folder.exists());
    drop(child);
    let gone = async {
        // Killed, it is reaped by and by; until then it is a zombie.
        while std::fs::read_to_string(folder.join("stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), gone).await.unwrap();
}

/// How a program is ended.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// Its answer is none.
    Garbled,
    /// By itself, leaving behind what it has started.
    Leaves,
    /// Nobody knows it any more.
    Forgotten,
}

#[tokio::test]
async fn what_it_has_started_ends_with_it() {
    let cases = [
        ("sleep 86400 &", Ending::Garbled),
        ("sleep 86400 >/dev/null 2>&1 &", Ending::Garbled),
        ("sleep 86400 >/dev/null 2>&1 &", Ending::Leaves),
        ("sleep 86400 &", Ending::Forgotten),
        ("sh -c 'sleep 86400; true' &", Ending::Forgotten),
    ];
    for (starts, ending) in cases {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let held = tokio::net::unix::pipe::OpenOptions::new()
            .open_receiver(&pipe)
            .unwrap();
        // Greeted, it holds no end of the pipe itself any more: what it has started does.
        let child = child(&format!(
            "exec 3>{}; {starts} exec 3>&-; read hello; echo hello; read line; [ \"$line\" = leave ] || echo no; exit 3",
            pipe.display()
        ));
        child.greeting().await.unwrap();
        let mut nothing = [0];
        let runs = held.try_read(&mut nothing).unwrap_err();
        assert_eq!(runs.kind(), std::io::ErrorKind::WouldBlock, "{starts} {ending:?}");
        match ending {
            Ending::Garbled => assert_eq!(cause(ask(&child, "a").await), UnseenCause::Garbled),
            Ending::Leaves => assert_eq!(cause(ask(&child, "leave").await), UnseenCause::Ended),
            Ending::Forgotten => drop(child),
        }
        let gone = async {
            held.readable().await.unwrap();
            held.try_read(&mut nothing)
        };
        let read = tokio::time::timeout(Duration::from_mins(2), gone).await;
        let read = read.unwrap_or_else(|_| panic!("{starts} {ending:?}: it runs on"));
        assert_eq!(read.unwrap(), 0, "{starts} {ending:?}");
    }
}

#[test]
fn what_cannot_be_run_is_told_before() {
    let cases = [
        ("sh", "is not an absolute path"),
        ("/nowhere/erp", "No such file"),
        ("/usr", "is not a file"),
        ("/etc/passwd", "is not executable"),
    ];
    for (path, expected) in cases {
        let mut program = program("", limits());
        program.path = PathBuf::from(path);
        let problem = Child::new(program).unwrap_err().to_string();
        assert!(
            problem.starts_with(path) && problem.contains(expected),
            "{problem}"
        );
    }
    let mut elsewhere = program("", limits());
    elsewhere.directory = PathBuf::from("/nowhere");
    assert!(
        Child::new(elsewhere)
            .unwrap_err()
            .to_string()
            .starts_with("/nowhere")
    );
}
