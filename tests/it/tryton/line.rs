//! The line between the gateway and Tryton, in a test's hands: it passes every byte on, and at one request does what the
//! test said.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// What happens to one request.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// Tryton gets it, and its answer goes nowhere.
    CutBehind,
    /// Tryton gets it once the test says so.
    Wait(Arc<Notify>),
}

#[derive(Clone, Debug)]
struct Awaited {
    /// What the request has in it.
    mark: &'static str,
    event: Event,
    /// Told when the request is there.
    met: Arc<Notify>,
}

/// The line; it ends with the test.
pub(super) struct Line {
    pub(super) address: SocketAddr,
    awaited: Arc<Mutex<Option<Awaited>>>,
    _stop: DropGuard,
}

impl Line {
    /// A line to this address.
    pub(super) async fn to(peer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (awaited, stop) = (Arc::<Mutex<Option<Awaited>>>::default(), CancellationToken::new());
        let (until, of_all) = (stop.clone(), Arc::clone(&awaited));
        tokio::spawn(until.run_until_cancelled_owned(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (peer, awaited) = (peer.clone(), Arc::clone(&of_all));
                // Whoever hangs up early is no failure of the test's.
                tokio::spawn(async move { drop(pass(client, &peer, &awaited).await) });
            }
        }));
        Self {
            address,
            awaited,
            _stop: stop.drop_guard(),
        }
    }

    /// At the next request with this in it. What is returned is told when it is there.
    pub(super) fn once(&self, mark: &'static str, event: Event) -> Arc<Notify> {
        let met = Arc::new(Notify::new());
        *self.awaited.lock().unwrap() = Some(Awaited {
            mark,
            event,
            met: Arc::clone(&met),
        });
        met
    }
}

/// One request and its answer, on a connection of their own.
async fn pass(mut client: TcpStream, peer: &str, awaited: &Mutex<Option<Awaited>>) -> io::Result<()> {
    let request = request(&mut client).await?;
    let event = {
        let mut awaited = awaited.lock().unwrap();
        let is_it = |one: &Awaited| position(&request, one.mark.as_bytes()).is_some();
        awaited.take_if(|one| is_it(one))
    };
    if let Some(Awaited {
        event: Event::Wait(until),
        met,
        ..
    }) = &event
    {
        met.notify_one();
        until.notified().await;
    }
    let mut server = TcpStream::connect(peer).await?;
    server.write_all(&request).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if let Some(Awaited {
        event: Event::CutBehind,
        met,
        ..
    }) = &event
    {
        met.notify_one();
        return Ok(());
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

/// A whole request, as one that is alone on its connection.
async fn request(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    let head = loop {
        if let Some(end) = position(&read, b"\r\n\r\n") {
            break end;
        }
        if client.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&read[..head]).into_owned();
    let length = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    while read.len() < head + 4 + length {
        if client.read_buf(&mut read).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let mut alone = format!("{text}\r\nConnection: close\r\n\r\n").into_bytes();
    alone.extend_from_slice(&read[head + 4..]);
    Ok(alone)
}

fn position(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
