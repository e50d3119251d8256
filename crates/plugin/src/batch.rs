//! What a poll gives to Java: the columns as arrays, in one array.

use std::ops::Range;
use std::time::Duration;

use jni::objects::{JCharArray, JLongArray, JObject};
use jni::sys::{jint, jlong};
use jni::{Env, jni_str};

use crate::arrays::{Result, bytes, ints, length, longs};
use crate::columns::Columns;
use crate::done::Done;
use crate::host;
use crate::text::Values;

/// What the values of a batch are, as `NativeSource` has it.
const LATIN_1: jint = 0;
const UTF_16: jint = 1;
const BYTES: jint = 2;
const JSON: jint = 3;

/// Polls a task, as `NativeSource.poll` has it.
pub(crate) fn poll<'local>(
    env: &mut Env<'local>,
    task: jlong,
    wait_ms: jlong,
    done: Done,
    about: &JLongArray<'_>,
) -> Result<JObject<'local>> {
    let Some(task) = host::find(task) else {
        return Ok(JObject::null());
    };
    let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
    let mut polled = task.poll(done, wait)?;
    let polled = &mut *polled;
    let (columns, first) = (&polled.columns, polled.next);
    if columns.len() == 0 {
        return Ok(JObject::null());
    }
    let (encoded, ends, next) = polled.encoder.encode(columns, task.format(), first);
    let (values, kind) = values(env, &encoded)?;
    let skipped = jlong::try_from(columns.skipped).unwrap_or(jlong::MAX);
    about.set_region(env, 0, &[kind.into(), skipped])?;
    let received = longs(env, &columns.received_ms[first..next])?;
    let [keys, key_ends] = keys(env, columns, first..next)?;
    let ends = ints(env, ends)?;
    let parts = [values, ends, received, keys, key_ends];
    let class = env.find_class(jni_str!("java/lang/Object"))?;
    let batch = env.new_object_array(length(parts.len()), class, JObject::null())?;
    for (index, part) in parts.iter().enumerate() {
        batch.set_element(env, index, part)?;
    }
    // Only what Java has got is done with.
    polled.next = next;
    Ok(batch.into())
}

/// Values and their kind.
fn values<'local>(env: &mut Env<'local>, values: &Values<'_>) -> Result<(JObject<'local>, jint)> {
    Ok(match values {
        Values::Latin1(units) => (bytes(env, units)?, LATIN_1),
        Values::Json(units) => (bytes(env, units)?, JSON),
        Values::Bytes(units) => (bytes(env, units)?, BYTES),
        Values::Utf16(units) => {
            let array = JCharArray::new(env, units.len())?;
            array.set_region(env, 0, units)?;
            (array.into(), UTF_16)
        }
    })
}

/// The keys of these rows and where each ends; nulls if the records have none.
fn keys<'local>(
    env: &mut Env<'local>,
    columns: &Columns,
    rows: Range<usize>,
) -> Result<[JObject<'local>; 2]> {
    if columns.key_ends.is_empty() {
        return Ok([JObject::null(), JObject::null()]);
    }
    let before = rows.start.checked_sub(1);
    let start = before.map_or(0, |row| columns.key_ends[row]);
    let keys = &columns.keys[start..columns.key_ends[rows.end - 1]];
    let ends = columns.key_ends[rows].iter();
    let ends: Vec<jint> = ends.map(|end| length(end - start)).collect();
    Ok([bytes(env, keys)?, ints(env, &ends)?])
}
