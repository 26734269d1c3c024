//! The way to an address that was checked, for a driver that would look its name up once more: a socket in a folder of
//! its own, from which every byte goes to that address and back. TLS goes through from end to end, so that the
//! certificate still has to bear the name.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::{
    io,
    net::{TcpStream, UnixListener},
};

/// The name under which PostgreSQL's driver looks for the socket of this port in a folder.
const PORT: u16 = 5432;

/// A socket that leads to the address. It lets one in.
#[derive(Debug)]
pub struct Relay {
    folder: TempDir,
    listener: UnixListener,
    server: TcpStream,
}

impl Relay {
    /// Behind which is this connection, which [`crate::connect`] has made.
    pub fn over(server: TcpStream) -> io::Result<Self> {
        server.set_nodelay(true)?;
        // Nobody but this user may look into it.
        let folder = tempfile::tempdir()?;
        let listener = UnixListener::bind(folder.path().join(Self::name()))?;
        Ok(Self {
            folder,
            listener,
            server,
        })
    }

    fn name() -> String {
        format!(".s.PGSQL.{PORT}")
    }

    /// The folder of the socket, and its number there: so PostgreSQL's driver names it.
    pub fn folder(&self) -> (&Path, u16) {
        (self.folder.path(), PORT)
    }

    /// The socket: so MariaDB's driver names it.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(Self::name())
    }

    /// Lets one in and passes on what either side says, until one of them has ended. Nobody finds the socket afterwards.
    pub async fn let_in(self) -> io::Result<()> {
        let (mut driver, _) = self.listener.accept().await?;
        let mut server = self.server;
        tokio::spawn(async move {
            let (mut from_driver, mut to_driver) = driver.split();
            let (mut from_server, mut to_server) = server.split();
            // Nobody is left to hear the one when the other has gone: a server that keeps silent holds nothing here.
            tokio::select! {
                _ = io::copy(&mut from_driver, &mut to_server) => {}
                _ = io::copy(&mut from_server, &mut to_driver) => {}
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, UnixStream},
    };

    use super::*;

    #[tokio::test]
    async fn what_is_said_goes_to_the_checked_address_and_back_and_ends_with_either_side() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = server.local_addr().unwrap();
        let relay = Relay::over(TcpStream::connect(address).await.unwrap()).unwrap();
        let (folder, port) = relay.folder();
        let path = folder.join(format!(".s.PGSQL.{port}"));
        assert_eq!(path, relay.path());
        let (driver, let_in) = tokio::join!(UnixStream::connect(&path), relay.let_in());
        let_in.unwrap();
        assert!(!path.exists(), "one was let in, nobody else is");
        let mut driver = driver.unwrap();
        let (mut far, _) = server.accept().await.unwrap();
        driver.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        far.write_all(b"well").await.unwrap();
        drop(far);
        let mut rest = Vec::new();
        driver.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"well");
    }
}
