//! The configurations that each transform and predicate is compared with.

use super::helpers::Pairs;

const KEEP: (&str, &str) = ("replace.null.with.default", "false");

/// Transforms by their simple names, without `$Key` and `$Value`, which both
/// are compared; among the configurations are ones that must be refused.
pub(crate) const TRANSFORMS: [(&str, &[Pairs]); 16] = [
    ("Cast", CAST),
    (
        "DropHeaders",
        &[
            &[("headers", "h")],
            &[("headers", "h, j,k")],
            &[("headers", "")],
            &[],
        ],
    ),
    ("ExtractField", EXTRACT),
    ("Filter", &[&[], &[("unknown", "x")]]),
    (
        "Flatten",
        &[
            &[],
            &[("delimiter", "_")],
            &[("delimiter", "")],
            &[("delimiter", " - ")],
        ],
    ),
    ("HeaderFrom", HEADER_FROM),
    ("HoistField", &[&[("field", "f")], &[("field", "")], &[]]),
    ("InsertField", INSERT),
    (
        "InsertHeader",
        &[
            &[("header", "new"), ("value.literal", "text")],
            &[("header", "h"), ("value.literal", "[1, 2]")],
            &[("header", ""), ("value.literal", "null")],
            &[("header", "h")],
            &[("value.literal", "1")],
        ],
    ),
    ("MaskField", MASK),
    ("RegexRouter", REGEX),
    ("ReplaceField", REPLACE),
    ("SetSchemaMetadata", SET_SCHEMA),
    ("TimestampConverter", TIMESTAMP),
    (
        "TimestampRouter",
        &[
            &[],
            &[
                ("topic.format", "${timestamp}.${topic}.${timestamp}"),
                ("timestamp.format", "yyyy-MM"),
            ],
            &[("topic.format", "fixed"), ("timestamp.format", "b")],
            &[("timestamp.format", "EEE, d MMM yyyy HH:mm:ss.SSS Z")],
            &[("topic.format", ""), ("timestamp.format", "")],
        ],
    ),
    (
        "ValueToKey",
        &[
            &[("fields", "a")],
            &[("fields", "a,b")],
            &[("fields", "a,ts"), KEEP],
            &[("fields", "x, x")],
            &[("fields", "none")],
            &[("fields", "")],
        ],
    ),
];

const CAST: &[Pairs] = &[
    &[("spec", "a:int8,b:int16,c:int32")],
    &[("spec", "a:string, b:boolean ,n:float32")],
    &[("spec", "ts:int64,a:float64,c:string"), KEEP],
    &[("spec", "x:int32")],
    &[("spec", "int8")],
    &[("spec", "int64")],
    &[("spec", " Boolean ")],
    &[("spec", "float32")],
    &[("spec", "float64"), KEEP],
    &[("spec", "string")],
    &[("spec", "ts:string"), KEEP],
    &[("spec", "")],
    &[],
    &[("spec", "a:b:c,d")],
    &[("spec", "a:bytes")],
    &[("spec", "a:number")],
    &[("spec", "int8,a:int8")],
    &[(
        "spec",
        "\u{1}a\u{1}:\u{0} int8,b\u{a0}:string,\u{2003}c :int8",
    )],
    &[("spec", "a:\u{a0}int8")],
    &[("spec", "int8"), ("replace.null.with.default", "maybe")],
];

const EXTRACT: &[Pairs] = &[
    &[("field", "a")],
    &[("field", "b"), KEEP],
    &[("field", "s.t")],
    &[("field", "a.b"), ("field.syntax.version", "V2")],
    &[("field", "a.`s.t`"), ("field.syntax.version", "v2"), KEEP],
    &[("field", "`s.t`"), ("field.syntax.version", "V2")],
    &[("field", "a.b.c"), ("field.syntax.version", "V2")],
    &[("field", ""), ("field.syntax.version", "V2")],
    &[("field", "")],
    &[("field", "a.`b"), ("field.syntax.version", "V2")],
    &[("field", "a"), ("field.syntax.version", "V3")],
    &[],
];

const HEADER_FROM: &[Pairs] = &[
    &[("fields", "a"), ("headers", "h"), ("operation", "move")],
    &[
        ("fields", "a,b"),
        ("headers", "h,new"),
        ("operation", "copy"),
    ],
    &[
        ("fields", "a,a"),
        ("headers", "h,new"),
        ("operation", "move"),
        KEEP,
    ],
    &[
        ("fields", "ts"),
        ("headers", "ts"),
        ("operation", "copy"),
        KEEP,
    ],
    &[("fields", "a,b"), ("headers", "h"), ("operation", "copy")],
    &[("fields", "a"), ("headers", "h"), ("operation", "take")],
    &[("fields", ""), ("headers", ""), ("operation", "copy")],
];

const INSERT: &[Pairs] = &[
    &[("topic.field", "topic")],
    &[("topic.field", "a"), ("partition.field", "b?")],
    &[("partition.field", "part!"), ("timestamp.field", "time!")],
    &[
        ("timestamp.field", "time"),
        ("static.field", "s!"),
        ("static.value", "text"),
        KEEP,
    ],
    &[("static.field", "x"), ("static.value", "")],
    &[("offset.field", "o")],
    &[("topic.field", "!")],
    &[],
];

const MASK: &[Pairs] = &[
    &[("fields", "a")],
    &[("fields", "a,b,c,ts,n"), KEEP],
    &[("fields", "a,b"), ("replacement", "7")],
    &[("fields", "a,c,n"), ("replacement", "-1.5e2")],
    &[("fields", "b,x"), ("replacement", "text"), KEEP],
    &[("fields", "a"), ("replacement", "99999999999999999999")],
    &[("fields", "a"), ("replacement", "")],
    &[("fields", "")],
];

const REGEX: &[Pairs] = &[
    &[("regex", "(.*)-(\\d{4})"), ("replacement", "$2_$1")],
    &[
        ("regex", "(?<first>[a-z]+)\\..*"),
        ("replacement", "${first}\\$"),
    ],
    &[("regex", "a|ab"), ("replacement", "x")],
    &[("regex", "(ab)*"), ("replacement", "")],
    &[("regex", "(a)(b)?"), ("replacement", "<$1$2>")],
    &[("regex", ".*"), ("replacement", "$1")],
    &[("regex", ".*"), ("replacement", "x$")],
    &[("regex", "(?i)ORDERS.*+"), ("replacement", "o$0")],
    &[("regex", "("), ("replacement", "x")],
    &[("regex", ".*")],
    &[],
];

const REPLACE: &[Pairs] = &[
    &[("exclude", "a")],
    &[("include", "a,b")],
    &[("renames", "a:z,b:y")],
    &[("renames", "a:b"), ("exclude", "b")],
    &[("renames", "a:b"), ("exclude", "b"), KEEP],
    &[("renames", "a:q,b:q")],
    &[("whitelist", "a"), ("blacklist", "b")],
    &[("whitelist", "a"), ("include", "c"), KEEP],
    &[("renames", "a")],
    &[("renames", "a:b:c,:")],
    &[],
];

const SET_SCHEMA: &[Pairs] = &[
    &[("schema.name", "new")],
    &[("schema.version", "7"), KEEP],
    &[("schema.name", ""), ("schema.version", "-1")],
    &[("schema.version", "x")],
    &[],
];

const TIMESTAMP: &[Pairs] = &[
    &[("field", "ts"), ("target.type", "unix")],
    &[
        ("field", "ts"),
        ("target.type", "Date"),
        ("format", "yyyy-MM-dd"),
    ],
    &[
        ("field", "a"),
        ("target.type", "Time"),
        ("unix.precision", "seconds"),
    ],
    &[
        ("field", "ts"),
        ("target.type", "string"),
        ("format", "yyyy-MM-dd'T'HH:mm:ss.SSS"),
        KEEP,
    ],
    &[
        ("target.type", "Timestamp"),
        ("unix.precision", "microseconds"),
    ],
    &[
        ("target.type", "unix"),
        ("unix.precision", "nanoseconds"),
        ("format", "yyyy-MM-dd HH"),
    ],
    &[("target.type", "string"), ("format", "G yyyy MM dd")],
    &[("target.type", "Date"), ("format", "yyyy-MM-dd")],
    &[("target.type", "Time")],
    &[("target.type", "string")],
    &[("target.type", "string"), ("format", "yyyy b")],
    &[("target.type", "text")],
    &[("target.type", "unix"), ("unix.precision", "days")],
    &[],
];

/// Predicates, likewise.
pub(crate) const PREDICATES: [(&str, &[Pairs]); 3] = [
    (
        "HasHeaderKey",
        &[&[("name", "h")], &[("name", "none")], &[("name", "")], &[]],
    ),
    ("RecordIsTombstone", &[&[]]),
    (
        "TopicNameMatches",
        &[
            &[("pattern", "orders.*")],
            &[("pattern", "a|ab")],
            &[("pattern", "[a-z&&[^o]]+")],
            &[("pattern", "(?=.*\\d)[^-]+")],
            &[("pattern", "")],
            &[("pattern", "*")],
            &[],
        ],
    ),
];
