//! A price that wanders.

/// A market's state; the same seed gives the same prices.
#[derive(Clone, Debug)]
pub(super) struct Market {
    state: u64,
    cents: u64,
}

impl Market {
    pub(super) fn new(name: &str) -> Self {
        let seed = name.bytes().fold(0x9e37_79b9_7f4a_7c15_u64, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self {
            state: seed,
            cents: 4_200_000,
        }
    }

    /// A number below `limit` (splitmix64).
    pub(super) fn random(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// The next price: whole units and hundredths.
    pub(super) fn price(&mut self) -> (u64, u64) {
        let step = self.random(201);
        self.cents = (self.cents + step).saturating_sub(100).max(100);
        (self.cents / 100, self.cents % 100)
    }
}

/// Whether a name can stand in JSON as it is, and is no longer than names are.
pub(super) fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    (1..=128).contains(&name.len()) && name.bytes().all(is_plain)
}

/// Milliseconds since the epoch.
pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// The member that fills a JSON object of `bytes` bytes up to `size_bytes`.
pub(super) fn padding(bytes: usize, size_bytes: usize) -> String {
    const EMPTY: &str = r#","pad":"""#;
    match size_bytes.checked_sub(bytes + EMPTY.len()) {
        Some(missing) if missing > 0 => format!(r#","pad":"{}""#, "x".repeat(missing)),
        _ => String::new(),
    }
}
