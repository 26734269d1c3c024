//! Bytes to text: byte order mark, Content-Type, XML declaration, in that order.
