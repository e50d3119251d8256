//! The native methods of `io.conduktor.connect.websocket.NativeSource`.
//!
//! Every error and every panic becomes a `ConnectException` in the calling
//! thread, but for a configuration that is not valid, which is Kafka's
//! `ConfigException`. No Java method is called.
#![allow(
    unsafe_code,
    reason = "the JVM finds native methods by their unmangled names"
)]

use std::any::Any;
use std::time::Duration;

use jni::errors::ErrorPolicy;
use jni::objects::{JByteArray, JClass, JDoubleArray, JLongArray, JObject, JObjectArray, JString};
use jni::strings::{JNIStr, JNIString};
use jni::sys::{jboolean, jint, jlong};
use jni::{Env, EnvUnowned, jni_str};
use websocket_source::dial::Proxy;
use websocket_source::settings::bean_url;

use crate::arrays::{Result, certificates, longs, map, strings, table, texts};
use crate::batch;
use crate::done::Done;
use crate::host::{self, HostError, Network, Start};
use crate::log::LINES;
use crate::series;
use crate::settings;
use crate::spools;

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

/// `String sharedSpool(String[] config)`: an error, or null.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_sharedSpool<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let shared = spools::shared(&map(env, &config)?);
        Ok(match shared {
            Some(error) => env.new_string(error)?.into(),
            None => JObject::null(),
        })
    })
    .resolve::<Throw>()
}

/// `long claimSpool(String[] config)`: of a connector that starts; a number.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_claimSpool<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    config: JObjectArray<'caller, JString<'caller>>,
) -> jlong {
    env.with_env(|env| -> Result<jlong> { Ok(spools::claim(&map(env, &config)?)) })
        .resolve::<Throw>()
}

/// `void releaseSpool(long claim)`: of one that stops.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_releaseSpool<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    claim: jlong,
) {
    env.with_env(|_env| -> Result<()> {
        spools::release(claim);
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

/// `long start(String[], String, int, byte[][], byte[][], String[], long, long,
/// long)`.
///
/// The configuration as for `validate`, the connector's name, the task's
/// number, the certificates of issuers and of servers in DER, the proxy
/// (`HTTP` or `SOCKS`, a host and a port, or nothing), the spool's number,
/// the stored sequence, and bytes of the largest record of the worker's
/// producers, negative if they are not known.
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
    worker_limit: jlong,
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
            worker_limit: usize::try_from(worker_limit).ok(),
        };
        host::start(start)
    })
    .resolve::<Throw>()
}

/// How many of Java's records are done with, and of those filtered, failed and
/// too large.
fn done([records, filtered, failed, too_large]: [jlong; 4]) -> Done {
    let count = |count: jlong| u64::try_from(count).unwrap_or(0);
    Done {
        records: count(records),
        filtered: count(filtered),
        failed: count(failed),
        too_large: count(too_large),
    }
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

/// `Object[] poll(long, long, long, long, long, long, long[])`.
///
/// The task, how many milliseconds it waits, what [`done`] takes, and what is
/// told about the batch. Null if nothing came; else the values (`byte[]` or
/// `char[]`, by their kind, which `about` gets beside the offsets skipped before
/// them), where each ends, when each was received, and the keys and where each
/// ends, or null for those.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_poll<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    wait_ms: jlong,
    records: jlong,
    filtered: jlong,
    failed: jlong,
    too_large: jlong,
    about: JLongArray<'caller>,
) -> JObject<'caller> {
    let done = done([records, filtered, failed, too_large]);
    env.with_env(|env| batch::poll(env, task, wait_ms, done, &about))
        .resolve::<Throw>()
}

/// `long[] sizeLimits(long task)`: bytes of the largest record, and of a message
/// in a dead letter, or -1 if there are none; null if nothing is judged.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_sizeLimits<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let task = host::find(task);
        let Some(limit) = task.as_ref().and_then(|task| task.limit()) else {
            return Ok(JObject::null());
        };
        let long = |bytes: usize| jlong::try_from(bytes).unwrap_or(jlong::MAX);
        let limits = [long(limit.bytes), limit.letter_room().map_or(-1, long)];
        longs(env, &limits)
    })
    .resolve::<Throw>()
}

/// `String[] letterHeaders(long, long, long)`: of the dead letter of a message of
/// so many bytes that would be a record of so many, names and texts by turns;
/// null if there are no letters.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_letterHeaders<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    message_bytes: jlong,
    record_bytes: jlong,
) -> JObject<'caller> {
    env.with_env(|env| -> Result<JObject<'caller>> {
        let task = host::find(task);
        let limit = task.as_ref().and_then(|task| task.limit());
        let headers =
            limit.and_then(|limit| limit.letter_headers(count(message_bytes), count(record_bytes)));
        match headers {
            Some(headers) => Ok(texts(env, &headers)?.into()),
            None => Ok(JObject::null()),
        }
    })
    .resolve::<Throw>()
}

/// `void tooLarge(long, long, long, boolean)`: tells of a message of so many bytes
/// that would be a record of so many, and is left out or cut.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_tooLarge<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    message_bytes: jlong,
    record_bytes: jlong,
    is_cut: jboolean,
) {
    env.with_env(|_env| -> Result<()> {
        let task = host::find(task);
        if let Some(limit) = task.as_ref().and_then(|task| task.limit()) {
            limit.tell(count(message_bytes), count(record_bytes), is_cut);
        }
        Ok(())
    })
    .resolve::<Throw>();
}

/// A count of Java's.
fn count(count: jlong) -> usize {
    usize::try_from(count).unwrap_or(0)
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
        longs(env, &task.statistics())
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

/// `void stop(long, long, long, long, long, long)`: the task, what [`done`] takes, and
/// how many of those are unconfirmed.
#[unsafe(no_mangle)]
pub extern "system" fn Java_io_conduktor_connect_websocket_NativeSource_stop<'caller>(
    mut env: EnvUnowned<'caller>,
    _class: JClass<'caller>,
    task: jlong,
    records: jlong,
    filtered: jlong,
    failed: jlong,
    too_large: jlong,
    unconfirmed: jlong,
) {
    env.with_env(|_env| -> Result<()> {
        let done = done([records, filtered, failed, too_large]);
        host::stop(task, done, u64::try_from(unconfirmed).unwrap_or(0));
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
        let _held = task
            .map(|task| task.poll(Done::default(), Duration::ZERO))
            .transpose()?;
        match payload {
            0 => panic!("a fault for the test"),
            1 => panic!("a fault with the payload {payload}"),
            _ => std::panic::panic_any(payload),
        }
    })
    .resolve::<Throw>();
}
