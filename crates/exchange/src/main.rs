//! `websocket-exchange`: the scripted server on its own, for benchmarks and
//! for trying things by hand.

use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use websocket_exchange::{Exchange, Flow, Options};

const EXAMPLES: &str = "\
Examples:
  websocket-exchange --port 9001
  websocket-exchange --port 9001 --rate 50000 --size 200 --count 1000000
  websocket-exchange --port 9001 --tls
  # and of a client: ws://127.0.0.1:9001/flood?rate=0&size=200&count=1000000

Ends at SIGINT or SIGTERM and prints what was sent as a JSON object.";

/// A WebSocket server on 127.0.0.1 that speaks Binance's (/ws) and Coinbase's
/// (/) subscription protocols and floods (/flood?rate=N&size=BYTES&count=N)
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Arguments {
    /// The port; 0 is any free one
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Messages per second of each subscription; 0 is as many as possible
    #[arg(long, default_value_t = 1_000)]
    rate: u64,
    /// Fill messages up to this size, in bytes
    #[arg(long, default_value_t = 0)]
    size: usize,
    /// End each subscription after so many messages
    #[arg(long)]
    count: Option<u64>,
    /// Serve wss; the certificate is printed
    #[arg(long)]
    tls: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("websocket-exchange: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let flow = Flow {
        rate: arguments.rate,
        size_bytes: arguments.size,
        count: arguments.count,
    };
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let options = Options {
        port: arguments.port,
        tls: arguments.tls,
        flow,
    };
    let exchange = Exchange::start(options).await?;
    for path in ["/ws", "/", "/flood"] {
        eprintln!("{}", exchange.url(path));
    }
    if let Some(certificate) = exchange.certificate_pem() {
        eprintln!("{certificate}");
    }
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    let stats = exchange.shutdown().await;
    println!(
        "{}",
        serde_json::json!({
            "connections": stats.connections,
            "sent_messages": stats.sent_messages,
            "sent_bytes": stats.sent_bytes,
        })
    );
    Ok(())
}
