//! The native methods of `io.conduktor.connect.websocket.NativeSource`.
//!
//! Every error and every panic becomes a `ConnectException` in the calling
//! thread, but for a configuration that is not valid, which is Kafka's
//! `ConfigException`. Arrays are made here and given to Java whole; no Java
//! method is called.
#![allow(
    unsafe_code,
    reason = "the JVM finds native methods by their unmangled names"
)]

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;

use jni::errors::ErrorPolicy;
use jni::objects::{
    JByteArray, JCharArray, JClass, JDoubleArray, JIntArray, JLongArray, JObject, JObjectArray,
    JString,
};
use jni::strings::{JNIStr, JNIString};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, EnvUnowned, jni_str};
use websocket_source::dial::Proxy;
use websocket_source::settings::bean_url;

use crate::host::{self, HostError, Network, Start};
use crate::log::LINES;
use crate::series;
use crate::settings::{self, Texts};
use crate::text::Values;

/// What the values of a batch are, as `NativeSource` has it.
const LATIN_1: jint = 0;
const UTF_16: jint = 1;
const BYTES: jint = 2;
const JSON: jint = 3;

const CONNECT_EXCEPTION: &JNIStr = jni_str!("org/apache/kafka/connect/errors/ConnectException");
const CONFIG_EXCEPTION: &JNIStr = jni_str!("org/apache/kafka/common/config/ConfigException");

/// Throws what an error or a panic is in Java; the way out of every method.
struct Throw;

fn throw(env: &mut Env<'_>, class: &JNIStr, text: &str) {
    if !env.exception_check() {
        // What cannot be thrown leaves its own exception, as when memory ends.
        let _ = env.throw_new(class, JNIString::from(text));
    }
}

impl<T: Default> ErrorPolicy<T, HostError> for Throw {
    type Captures<'unowned_env_local: 'native_method, 'native_method> = ();

    fn on_error<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _captures: &mut Self::Captures<'unowned_env_local, 'native_method>,
        error: HostError,
    ) -> jni::errors::Result<T> {
        let class = match error {
            HostError::Settings(_) => CONFIG_EXCEPTION,
            _ => CONNECT_EXCEPTION,
        };
        throw(env, class, &error.to_string());
        Ok(T::default())
    }

    fn on_panic<'unowned_env_local: 'native_method, 'native_method>(
        env: &mut Env<'unowned_env_local>,
        _captures: &mut Self::Captures<'unowned_env_local, 'native_method>,
        payload: Box<dyn Any + Send + 'static>,
    ) -> jni::errors::Result<T> {
        let text = match (
            payload.downcast_ref::<&str>(),
            payload.downcast_ref::<String>(),
        ) {
            (Some(text), _) => text,
            (None, Some(text)) => text.as_str(),
            (None, None) => "no text",
        };
        // A payload's drop may panic itself.
        let text = format!("A fault in the connector's native library: {text}");
        std::mem::forget(payload);
        throw(env, CONNECT_EXCEPTION, &text);
        Ok(T::default())
    }
}

type Result<T> = std::result::Result<T, HostError>;

fn strings(env: &mut Env<'_>, array: &JObjectArray<'_, JString<'_>>) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(array.len(env)?);
    for index in 0..array.len(env)? {
        let text = env.with_local_frame(1, |env| -> jni::errors::Result<String> {
            array.get_element(env, index)?.try_to_string(env)
        })?;
        texts.push(text);
    }
    Ok(texts)
}

/// Keys and values by turns.
fn map(
    env: &mut Env<'_>,
    array: &JObjectArray<'_, JString<'_>>,
) -> Result<BTreeMap<String, String>> {
    let texts = strings(env, array)?;
    let pairs = texts.chunks_exact(2);
    Ok(pairs
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect())
}

fn texts<'local>(
    env: &mut Env<'local>,
    texts: &[Option<String>],
) -> Result<JObjectArray<'local, JString<'local>>> {
    let array = JObjectArray::<JString>::new(env, texts.len(), JString::null())?;
    for (index, text) in texts.iter().enumerate() {
        let Some(text) = text else { continue };
        env.with_local_frame(1, |env| -> jni::errors::Result<()> {
            let text = env.new_string(text)?;
            array.set_element(env, index, &text)
        })?;
    }
    Ok(array)
}

/// `String[][]`.
fn table<'local>(env: &mut Env<'local>, rows: &[Texts]) -> Result<JObject<'local>> {
    let class = env.find_class(jni_str!("[Ljava/lang/String;"))?;
    let array = env.new_object_array(length(rows.len()), class, JObject::null())?;
    for (index, row) in rows.iter().enumerate() {
        env.with_local_frame(2, |env| -> Result<()> {
            let row = texts(env, row)?;
            Ok(array.set_element(env, index, &JObject::from(row))?)
        })?;
    }
    Ok(array.into())
}

fn length(length: usize) -> jint {
    jint::try_from(length).unwrap_or(jint::MAX)
}

/// `String[][] settings()`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_settings<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
) -> JObject<'caller> {
    env.with_env(|env| table(env, &settings::definitions()))
        .resolve::<Throw>()
}

/// `String[][] validate(String[] config)`: keys and values by turns.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_validate<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
) -> JObject<'caller> {
    env.with_env(|env| {
        let config = map(env, &config)?;
        table(env, &settings::validate(&config))
    })
    .resolve::<Throw>()
}

/// `String beanUrl(String url)`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_beanUrl<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    url: JString<'caller>,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let url = bean_url(&url.try_to_string(env)?);
        Ok(env.new_string(url)?.into())
    })
    .resolve::<Throw>()
}

/// `String[] openSpool(String[] config, String connector)`: its number and its id, or null if the
/// configuration asks for none.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_openSpool<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
    connector: JString<'caller>,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let config = map(env, &config)?;
        let connector = connector.try_to_string(env)?;
        match host::open_spool(&config, &connector)? {
            None => Ok(JObject::null()),
            Some((number, id)) => {
                let told = texts(env, &[Some(number.to_string()), Some(id)]);
                if told.is_err() {
                    host::close_spool(number);
                }
                Ok(told?.into())
            }
        }
    })
    .resolve::<Throw>()
}

/// `void closeSpool(long spool)`: of a task that was not started.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_closeSpool<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    spool: jlong,
) {
    env.with_env(|_env| -> Result<()> {
        host::close_spool(spool);
        Ok(())
    })
    .resolve::<Throw>();
}

/// `boolean isExactlyOnce(String[] config)`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_isExactlyOnce<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
) -> jboolean {
    env.with_env(|env| -> Result<jboolean> {
        let config = map(env, &config)?;
        Ok(host::is_exactly_once(&config))
    })
    .resolve::<Throw>()
}

/// `long base(long task)`: the sequence that its offsets go on from.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_base<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
) -> jlong {
    env.with_env(|_env| -> Result<jlong> {
        let base = host::find(task).map_or(0, |task| task.base());
        Ok(jlong::try_from(base).unwrap_or(jlong::MAX))
    })
    .resolve::<Throw>()
}

/// `long start(String[], String, int, byte[][], byte[][], String[], long, long)`.
///
/// The configuration as for `validate`, the connector's name, the task's
/// number, the certificates of issuers and of servers in DER, the proxy
/// (`HTTP` or `SOCKS`, a host and a port, or nothing), the spool's number, and
/// the stored sequence.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_start<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
    connector: JString<'caller>,
    task: jint,
    issuers: JObjectArray<'caller, JByteArray<'caller>>,
    servers: JObjectArray<'caller, JByteArray<'caller>>,
    proxy: JObjectArray<'caller, JString<'caller>>,
    spool: jlong,
    stored: jlong,
) -> jlong {
    env.with_env(|env| {
        let start = Start {
            config: map(env, &config)?,
            connector: connector.try_to_string(env)?,
            task: u32::try_from(task).unwrap_or(0),
            network: Network {
                issuers: certificates(env, &issuers)?,
                servers: certificates(env, &servers)?,
                proxy: through(&strings(env, &proxy)?),
            },
            spool,
            stored: u64::try_from(stored).unwrap_or(0),
        };
        host::start(start)
    })
    .resolve::<Throw>()
}

fn through(proxy: &[String]) -> Option<Proxy> {
    let [kind, host, port] = proxy else {
        return None;
    };
    let (host, port) = (host.clone(), port.parse().ok()?);
    Some(match kind.as_str() {
        "SOCKS" => Proxy::Socks { host, port },
        _ => Proxy::Http { host, port },
    })
}

fn certificates(
    env: &mut Env<'_>,
    issuers: &JObjectArray<'_, JByteArray<'_>>,
) -> Result<Vec<Vec<u8>>> {
    let mut found = Vec::with_capacity(issuers.len(env)?);
    for index in 0..issuers.len(env)? {
        let bytes = env.with_local_frame(1, |env| -> jni::errors::Result<Vec<u8>> {
            let issuer = issuers.get_element(env, index)?;
            env.convert_byte_array(&issuer)
        })?;
        found.push(bytes);
    }
    Ok(found)
}

/// `Object[] poll(long task, long waitMs, long acknowledged, long[] about)`: null
/// if nothing came; else the values (`byte[]` or `char[]`, by their kind, which
/// `about` gets beside the offsets skipped before them), where each ends, when each was received, and the keys and where each ends, or
/// null for those.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_poll<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    wait_ms: jlong,
    acknowledged: jlong,
    about: JLongArray<'caller>,
) -> JObject<'caller> {
    env.with_env(|env| poll(env, task, wait_ms, acknowledged, &about))
        .resolve::<Throw>()
}

fn poll<'local>(
    env: &mut Env<'local>,
    task: jlong,
    wait_ms: jlong,
    acknowledged: jlong,
    about: &JLongArray<'_>,
) -> Result<JObject<'local>> {
    let Some(task) = host::find(task) else {
        return Ok(JObject::null());
    };
    let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
    let mut polled = task.poll(u64::try_from(acknowledged).unwrap_or(0), wait)?;
    let polled = &mut *polled;
    let (columns, first) = (&polled.columns, polled.next);
    if columns.len() == 0 {
        return Ok(JObject::null());
    }
    let (values, ends, next) = polled.encoder.encode(columns, task.format(), first);
    let (values, values_kind): (JObject<'local>, _) = match values {
        Values::Latin1(units) => (bytes(env, units)?, LATIN_1),
        Values::Json(units) => (bytes(env, units)?, JSON),
        Values::Bytes(units) => (bytes(env, units)?, BYTES),
        Values::Utf16(units) => {
            let array = JCharArray::new(env, units.len())?;
            array.set_region(env, 0, units)?;
            (array.into(), UTF_16)
        }
    };
    let skipped = jlong::try_from(columns.skipped).unwrap_or(jlong::MAX);
    about.set_region(env, 0, &[values_kind.into(), skipped])?;
    let received = JLongArray::new(env, next - first)?;
    received.set_region(env, 0, &columns.received_ms[first..next])?;
    let (keys, key_ends) = if columns.key_ends.is_empty() {
        (JObject::null(), JObject::null())
    } else {
        let start = first.checked_sub(1).map_or(0, |row| columns.key_ends[row]);
        let key_ends = &columns.key_ends[first..next];
        let keys = &columns.keys[start..columns.key_ends[next - 1]];
        let key_ends: Vec<jint> = key_ends.iter().map(|end| length(end - start)).collect();
        (bytes(env, keys)?, ints(env, &key_ends)?)
    };
    let parts = [values, ints(env, ends)?, received.into(), keys, key_ends];
    let class = env.find_class(jni_str!("java/lang/Object"))?;
    let batch = env.new_object_array(length(parts.len()), class, JObject::null())?;
    for (index, part) in parts.iter().enumerate() {
        batch.set_element(env, index, part)?;
    }
    // Only what Java has got is done with.
    polled.next = next;
    Ok(batch.into())
}

fn bytes<'local>(env: &mut Env<'local>, bytes: &[u8]) -> Result<JObject<'local>> {
    Ok(env.byte_array_from_slice(bytes)?.into())
}

fn ints<'local>(env: &mut Env<'local>, ints: &[jint]) -> Result<JObject<'local>> {
    let array = JIntArray::new(env, ints.len())?;
    array.set_region(env, 0, ints)?;
    Ok(array.into())
}

/// `long[] statistics(long task)`: null once the task was stopped.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_statistics<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let Some(task) = host::find(task) else {
            return Ok(JObject::null());
        };
        let readings = task.statistics();
        let array = JLongArray::new(env, readings.len())?;
        array.set_region(env, 0, &readings)?;
        Ok(array.into())
    })
    .resolve::<Throw>()
}

/// `String[][] series()`: of each value that `readings` tells.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_series<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
) -> JObject<'caller> {
    env.with_env(|env| table(env, &series::layout()))
        .resolve::<Throw>()
}

/// `double[] readings(long task)`: null once the task was stopped.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_readings<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let Some(task) = host::find(task) else {
            return Ok(JObject::null());
        };
        let readings = task.series();
        let array = JDoubleArray::new(env, readings.len())?;
        array.set_region(env, 0, &readings)?;
        Ok(array.into())
    })
    .resolve::<Throw>()
}

/// `void leaveOut(long task, long number)`: a record that Java has.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_leaveOut<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    number: jlong,
) {
    env.with_env(|_env| -> Result<()> {
        if let (Some(task), Ok(number)) = (host::find(task), u64::try_from(number)) {
            task.leave_out(number);
        }
        Ok(())
    })
    .resolve::<Throw>();
}

/// `void stop(long task, long acknowledged, long handed)`.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_stop<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    acknowledged: jlong,
    handed: jlong,
) {
    env.with_env(|_env| -> Result<()> {
        let count = |count: jlong| u64::try_from(count).unwrap_or(0);
        host::stop(task, count(acknowledged), count(handed));
        Ok(())
    })
    .resolve::<Throw>();
}

/// `String[] log(long waitMs)`: level, connector, task and text of each line.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_log<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    wait_ms: jlong,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let wait = Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0));
        let lines = LINES.take(wait).into_iter();
        let fields = lines.flat_map(|line| {
            [line.level.to_owned(), line.connector, line.task, line.text].map(Some)
        });
        let fields: Vec<_> = fields.collect();
        Ok(texts(env, &fields)?.into())
    })
    .resolve::<Throw>()
}

/// `void wakeLog()`: has a waiting `log` return.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_wakeLog<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
) {
    env.with_env(|_env| -> Result<()> {
        LINES.wake();
        Ok(())
    })
    .resolve::<Throw>();
}

/// `void panic(long task, int payload)` of `NativePanic`: a fault while a task is
/// polled, in the library that only the tests load.
///
/// # Panics
/// Always, within the guard that every method has.
#[cfg(feature = "panic-test")]
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativePanic_panic<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    payload: jint,
) {
    env.with_env(|_env| -> Result<()> {
        let task = host::find(task);
        let task = task.as_ref();
        let _held = task.map(|task| task.poll(0, Duration::ZERO)).transpose()?;
        match payload {
            0 => panic!("a fault for the test"),
            1 => panic!("a fault with the payload {payload}"),
            _ => std::panic::panic_any(payload),
        }
    })
    .resolve::<Throw>();
}
