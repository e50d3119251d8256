//! Addresses for tests of what goes wrong with them.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

/// An address at which nobody accepts and nobody refuses: the system keeps no
/// more callers waiting than there are already. It is such as long as the
/// sockets live.
pub(crate) fn hanging() -> (SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).expect("bound");
    listener.listen(0).expect("listening");
    let bound = listener.local_addr().expect("an address");
    let address = bound.as_socket().expect("an IP address");
    let mut sockets = vec![listener];
    for _ in 0..4 {
        let caller = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        caller.set_nonblocking(true).expect("non-blocking");
        // Whether it is let in or kept waiting: the next one finds less room.
        let _ = caller.connect(&address.into());
        sockets.push(caller);
    }
    let last = sockets.last().expect("a caller");
    assert!(last.peer_addr().is_err(), "the last caller was let in");
    (address, sockets)
}
