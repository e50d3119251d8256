//! The client's side of SOCKS version 5 (RFC 1928), `CONNECT` without a login.
//!
//! By hand: it is two questions. tokio-socks would bring two more crates and a
//! second `thiserror`, and calls an unknown reply an unknown login method.
//! Every answer is read to its exact length, so that nothing of the tunnel is
//! read with it.

use std::net::IpAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::proxy::{WANTS_LOGIN, authority, broken};

const VERSION: u8 = 5;
const CONNECT: u8 = 1;
const RESERVED: u8 = 0;
/// The method of section 3.
const WITHOUT_LOGIN: u8 = 0;
/// Address types of section 4.
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
const PORT_BYTES: usize = 2;

/// Makes a stream to a SOCKS proxy one to `host`, a name or an address without
/// brackets.
///
/// # Errors
/// What the proxy did, as it goes on after its name.
pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    host: &str,
    port: u16,
) -> Result<(), String> {
    let target = authority(host, port);
    let request = request(host, port)
        .ok_or_else(|| format!("cannot be asked for {target}: the name is too long for SOCKS"))?;
    send(stream, &[VERSION, 1, WITHOUT_LOGIN]).await?;
    let [version, method] = receive(stream).await?;
    if version != VERSION {
        return Err(not_socks(version));
    }
    // A proxy may also choose a login that was not offered.
    if method != WITHOUT_LOGIN {
        return Err(WANTS_LOGIN.to_owned());
    }
    send(stream, &request).await?;
    let [version, reply, _, address_type] = receive(stream).await?;
    if version != VERSION {
        return Err(not_socks(version));
    }
    if reply != 0 {
        let why = words(reply);
        return Err(format!(
            "refused a connection to {target}: {why} (SOCKS reply {reply})"
        ));
    }
    let address_bytes = match address_type {
        IPV4 => 4,
        IPV6 => 16,
        NAME => {
            let [length] = receive(stream).await?;
            usize::from(length)
        }
        other => return Err(format!("answered with an unknown type of address, {other}")),
    };
    // Where the proxy has bound its own socket is nobody's concern.
    let mut bound = [0; u8::MAX as usize + PORT_BYTES];
    let bound = &mut bound[..address_bytes + PORT_BYTES];
    stream.read_exact(bound).await.map_err(broken)?;
    Ok(())
}

/// The request of section 4; `None` for a name that does not fit.
fn request(host: &str, port: u16) -> Option<Vec<u8>> {
    let mut request = vec![VERSION, CONNECT, RESERVED];
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Err(_) => {
            request.extend([NAME, u8::try_from(host.len()).ok()?]);
            request.extend(host.bytes());
        }
    }
    request.extend(port.to_be_bytes());
    Some(request)
}

async fn send<S: AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) -> Result<(), String> {
    stream.write_all(bytes).await.map_err(broken)?;
    stream.flush().await.map_err(broken)
}

async fn receive<const N: usize>(stream: &mut (impl AsyncRead + Unpin)) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map_err(broken)?;
    Ok(bytes)
}

fn not_socks(version: u8) -> String {
    format!("did not answer in SOCKS5 but in version {version}")
}

/// The replies of section 6.
fn words(reply: u8) -> &'static str {
    match reply {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "time to live expired",
        7 => "command not supported",
        8 => "type of address not supported",
        _ => "for an unknown reason",
    }
}

#[cfg(test)]
#[path = "socks_tests.rs"]
mod tests;
