//! A `HashMap<byte[], byte[]>` as Java serializes it (Java Object
//! Serialization Specification, chapter 6; `HashMap.writeObject`).

/// Keys and values in the file's order; either may be null.
pub(super) type Entries = Vec<(Option<Vec<u8>>, Option<Vec<u8>>)>;

const TC_NULL: u8 = 0x70;
const TC_REFERENCE: u8 = 0x71;
const TC_ARRAY: u8 = 0x75;
const TC_ENDBLOCKDATA: u8 = 0x78;
/// Stream header, object, class description of `java.util.HashMap` with its
/// fields `loadFactor` and `threshold`, no superclass, and the load factor.
const HEAD: &[u8] =
    b"\xac\xed\x00\x05\x73\x72\x00\x11java.util.HashMap\x05\x07\xda\xc1\xc3\x16\x60\xd1\
\x03\x00\x02F\x00\x0aloadFactorI\x00\x09threshold\x78\x70";
const LOAD_FACTOR: [u8; 4] = 0.75_f32.to_be_bytes();
/// Block data of two ints: the number of buckets and of entries.
const TC_BLOCKDATA_8: [u8; 2] = [0x77, 8];
/// Class description of `byte[]`.
const BYTES_CLASS: &[u8] = b"\x72\x00\x02[B\xac\xf3\x17\xf8\x06\x08\x54\xe0\x02\x00\x00\x78\x70";
/// The description's handle, by which later arrays name it.
const BYTES_CLASS_HANDLE: [u8; 4] = [0x00, 0x7e, 0x00, 0x02];
/// The handle of the first array.
const FIRST_ARRAY_HANDLE: u32 = 0x007e_0003;

/// Reads a file's bytes. As in Connect, one that ends too early (a worker
/// crashed while it wrote) counts as empty.
///
/// # Errors
/// What it holds is no such map.
pub(super) fn read(bytes: &[u8]) -> Result<Entries, String> {
    let mut reader = Reader {
        rest: bytes,
        arrays: Vec::new(),
        class_known: false,
    };
    match reader.map() {
        Ok(entries) => Ok(entries),
        Err(Stop::End) => Ok(Entries::new()),
        Err(Stop::Wrong(what)) => Err(what.to_owned()),
    }
}

enum Stop {
    End,
    Wrong(&'static str),
}

struct Reader<'a> {
    rest: &'a [u8],
    arrays: Vec<Vec<u8>>,
    class_known: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Stop> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Stop::End)?;
        self.rest = rest;
        Ok(taken)
    }

    fn expect(&mut self, expected: &[u8], what: &'static str) -> Result<(), Stop> {
        let common = self.rest.len().min(expected.len());
        if self.rest[..common] != expected[..common] {
            return Err(Stop::Wrong(what));
        }
        self.take(expected.len()).map(drop)
    }

    fn int(&mut self) -> Result<u32, Stop> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    fn map(&mut self) -> Result<Entries, Stop> {
        self.expect(HEAD, "not a serialized java.util.HashMap")?;
        // Load factor and threshold: Java sets its own when it reads.
        self.take(8)?;
        self.expect(&TC_BLOCKDATA_8, "a HashMap without its size")?;
        self.int()?;
        let count = self.int()?;
        let mut entries = Entries::new();
        for _ in 0..count {
            entries.push((self.array()?, self.array()?));
        }
        self.expect(&[TC_ENDBLOCKDATA], "more entries than the HashMap's size")?;
        Ok(entries)
    }

    fn array(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        match self.take(1)?[0] {
            TC_NULL => Ok(None),
            TC_REFERENCE => {
                let index = self.int()?.checked_sub(FIRST_ARRAY_HANDLE);
                let array = index.and_then(|index| self.arrays.get(usize::try_from(index).ok()?));
                let array = array.ok_or(Stop::Wrong("a reference to something unknown"))?;
                Ok(Some(array.clone()))
            }
            TC_ARRAY => {
                if self.class_known {
                    self.expect(&[TC_REFERENCE], "an array that is not of bytes")?;
                    self.expect(&BYTES_CLASS_HANDLE, "an array that is not of bytes")?;
                } else {
                    self.expect(BYTES_CLASS, "an array that is not of bytes")?;
                    self.class_known = true;
                }
                let length = usize::try_from(self.int()?).map_err(|_| Stop::End)?;
                let array = self.take(length)?.to_vec();
                self.arrays.push(array.clone());
                Ok(Some(array))
            }
            _ => Err(Stop::Wrong("an entry that is no byte array")),
        }
    }
}

/// The bytes that Java would write for a `HashMap` with these entries.
pub(super) fn write(entries: &Entries) -> Vec<u8> {
    // A HashMap doubles its buckets when they are three quarters full.
    let mut buckets: u32 = 16;
    while entries.len() as u64 * 4 > u64::from(buckets) * 3 {
        buckets *= 2;
    }
    let threshold = if entries.is_empty() {
        0
    } else {
        buckets / 4 * 3
    };
    let mut out = HEAD.to_vec();
    out.extend(LOAD_FACTOR);
    out.extend(threshold.to_be_bytes());
    out.extend(TC_BLOCKDATA_8);
    out.extend(buckets.to_be_bytes());
    out.extend(length(entries.len()));
    let mut class_known = false;
    for array in entries.iter().flat_map(|(key, value)| [key, value]) {
        let Some(array) = array else {
            out.push(TC_NULL);
            continue;
        };
        out.push(TC_ARRAY);
        if class_known {
            out.push(TC_REFERENCE);
            out.extend(BYTES_CLASS_HANDLE);
        } else {
            out.extend(BYTES_CLASS);
            class_known = true;
        }
        out.extend(length(array.len()));
        out.extend(array);
    }
    out.push(TC_ENDBLOCKDATA);
    out
}

/// An int of Java; offsets are far from its limit.
fn length(length: usize) -> [u8; 4] {
    i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_and_what_ends_too_early_are_no_offsets() {
        let whole = write(&vec![(Some(b"k".to_vec()), Some(b"v".to_vec()))]);
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), Ok(Entries::new()), "{end}");
        }
        assert_eq!(read(&whole).map(|entries| entries.len()), Ok(1));
    }

    #[test]
    fn other_objects_are_refused() {
        assert!(read(b"\xac\xed\x00\x05\x73\x72\x00\x13java.util.ArrayList").is_err());
        assert!(read(b"PK\x03\x04").is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            entries in prop::collection::vec(
                (prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
                 prop::option::of(prop::collection::vec(any::<u8>(), 0..20))),
                0..40,
            ),
        ) {
            prop_assert_eq!(read(&write(&entries)), Ok(entries));
        }

        #[test]
        fn no_bytes_make_it_panic(tail in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&tail);
            let _ = read(&[HEAD, &tail].concat());
        }
    }
}
