//! Arrays between Rust and Java: made here whole, or copied from what Java has
//! given.

use std::collections::BTreeMap;

use jni::objects::{JByteArray, JIntArray, JLongArray, JObject, JObjectArray, JString};
use jni::sys::{jint, jlong};
use jni::{Env, jni_str};

use crate::host::HostError;

/// What a call into the JVM comes to.
pub(crate) type Result<T> = std::result::Result<T, HostError>;

/// Java's texts.
pub(crate) fn strings(
    env: &mut Env<'_>,
    array: &JObjectArray<'_, JString<'_>>,
) -> Result<Vec<String>> {
    let mut texts = Vec::with_capacity(array.len(env)?);
    for index in 0..array.len(env)? {
        let text = env.with_local_frame(1, |env| -> jni::errors::Result<String> {
            array.get_element(env, index)?.try_to_string(env)
        })?;
        texts.push(text);
    }
    Ok(texts)
}

/// What Java gives as keys and values by turns.
pub(crate) fn map(
    env: &mut Env<'_>,
    array: &JObjectArray<'_, JString<'_>>,
) -> Result<BTreeMap<String, String>> {
    let texts = strings(env, array)?;
    let pairs = texts.chunks_exact(2);
    Ok(pairs
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect())
}

/// `String[]`.
pub(crate) fn texts<'local>(
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
pub(crate) fn table<'local, T: AsRef<[Option<String>]>>(
    env: &mut Env<'local>,
    rows: &[T],
) -> Result<JObject<'local>> {
    let class = env.find_class(jni_str!("[Ljava/lang/String;"))?;
    let array = env.new_object_array(length(rows.len()), class, JObject::null())?;
    for (index, row) in rows.iter().enumerate() {
        env.with_local_frame(2, |env| -> Result<()> {
            let row = texts(env, row.as_ref())?;
            Ok(array.set_element(env, index, &JObject::from(row))?)
        })?;
    }
    Ok(array.into())
}

/// A length as Java has it.
pub(crate) fn length(length: usize) -> jint {
    jint::try_from(length).unwrap_or(jint::MAX)
}

/// Java's `byte[][]`.
pub(crate) fn certificates(
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

/// `byte[]`.
pub(crate) fn bytes<'local>(env: &mut Env<'local>, bytes: &[u8]) -> Result<JObject<'local>> {
    Ok(env.byte_array_from_slice(bytes)?.into())
}

/// `int[]`.
pub(crate) fn ints<'local>(env: &mut Env<'local>, ints: &[jint]) -> Result<JObject<'local>> {
    let array = JIntArray::new(env, ints.len())?;
    array.set_region(env, 0, ints)?;
    Ok(array.into())
}

/// `long[]`.
pub(crate) fn longs<'local>(env: &mut Env<'local>, longs: &[jlong]) -> Result<JObject<'local>> {
    let array = JLongArray::new(env, longs.len())?;
    array.set_region(env, 0, longs)?;
    Ok(array.into())
}
