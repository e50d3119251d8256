//! The members of an object, of which each name is kept once.

use std::collections::HashMap;

use crate::data::Value;

/// Objects of up to so many members are searched for a name one by one.
const SEARCHED: usize = 16;

/// Names are texts; they are what a map's keys are, so that a whole object is
/// its map without another vector.
pub(super) type Members = Vec<(Value, Value)>;

/// Adds a member to an object that is searched; larger ones are cleaned when
/// they are whole.
pub(super) fn put(members: &mut Members, name: String, value: Value) {
    let same = |known: &Value| matches!(known, Value::String(known) if *known == name);
    if members.len() < SEARCHED
        && let Some((_, known)) = members.iter_mut().find(|(known, _)| same(known))
    {
        *known = value;
        return;
    }
    members.push((Value::String(name), value));
}

/// The last of several members of one name counts, in the place of the first.
pub(super) fn object(mut members: Members) -> Value {
    if members.len() > SEARCHED {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(members.len());
        let mut moves = Vec::new();
        for (at, (name, _)) in members.iter().enumerate() {
            let Value::String(name) = name else { continue };
            let first = *places.entry(name).or_insert(at);
            if first != at {
                moves.push((at, first));
            }
        }
        drop(places);
        for (from, to) in &moves {
            members[*to].1 = std::mem::replace(&mut members[*from].1, Value::Null);
        }
        if !moves.is_empty() {
            let mut at = 0;
            let mut gone = moves.into_iter().map(|(from, _)| from).peekable();
            members.retain(|_| {
                let here = at;
                at += 1;
                gone.next_if_eq(&here).is_none()
            });
        }
    }
    Value::Map(members)
}
