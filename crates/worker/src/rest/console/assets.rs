//! The console's files, as they are in this program.
//!
//! Invariants: a page may load nothing but files of its own origin, and no
//! page may frame it; all links are relative, so that a proxy may have the
//! console below any path; a browser asks each time whether a file is still
//! the same, so that a new program's pages are never mixed with an old one's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::rest::path::AsWritten;
use crate::rest::router_error;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const IMAGE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'none'";

macro_rules! files {
    ($($path:literal $content_type:ident),+ $(,)?) => {
        [$(File {
            path: $path,
            content_type: $content_type,
            bytes: include_bytes!(concat!("../../../console/", $path)),
        }),+]
    };
}

struct File {
    path: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
}

static FILES: [File; 27] = files![
    "actions.js" SCRIPT,
    "api.js" SCRIPT,
    "app.js" SCRIPT,
    "charts.js" SCRIPT,
    "detail.js" SCRIPT,
    "dialog.js" SCRIPT,
    "dom.js" SCRIPT,
    "draft.js" SCRIPT,
    "fields.js" SCRIPT,
    "form.js" SCRIPT,
    "form.css" STYLE,
    "formview.js" SCRIPT,
    "format.js" SCRIPT,
    "history.js" SCRIPT,
    "icon.svg" IMAGE,
    "index.html" HTML,
    "list.js" SCRIPT,
    "loggers.js" SCRIPT,
    "pages.css" STYLE,
    "panels.js" SCRIPT,
    "preview.js" SCRIPT,
    "properties.js" SCRIPT,
    "rows.js" SCRIPT,
    "style.css" STYLE,
    "vendor/uPlot.LICENSE" TEXT,
    "vendor/uPlot.iife.min.js" SCRIPT,
    "vendor/uPlot.min.css" STYLE,
];

/// The files by their paths below `/ui/`, each with its `ETag`.
static BY_PATH: LazyLock<BTreeMap<&str, (&File, HeaderValue)>> = LazyLock::new(|| {
    let tagged = FILES.iter().map(|file| {
        let digest = sha1_smol::Sha1::from(file.bytes).digest().to_string();
        let tag = HeaderValue::from_str(&format!("\"{digest}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("\"\""));
        (file.path, (file, tag))
    });
    tagged.collect()
});

/// `/ui/` is the page; `/ui` leads there, or its relative links would miss.
pub(super) async fn root(request: Request) -> Response {
    let as_written = request.extensions().get::<AsWritten>();
    if as_written.is_some_and(|AsWritten(uri)| uri.path().ends_with('/')) {
        return serve("index.html", request.headers());
    }
    // Relative as well: the proxy's path is before it.
    let location = [(header::LOCATION, "ui/")];
    (StatusCode::TEMPORARY_REDIRECT, location).into_response()
}

pub(super) async fn file(Path(path): Path<String>, headers: HeaderMap) -> Response {
    serve(&path, &headers)
}

fn serve(path: &str, asked: &HeaderMap) -> Response {
    let Some((file, tag)) = BY_PATH.get(path) else {
        return router_error(StatusCode::NOT_FOUND);
    };
    let known = asked.get(header::IF_NONE_MATCH);
    let known = known.and_then(|value| value.to_str().ok());
    let mut response = if known.is_some_and(|tags| names(tags, tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let content_type = [(header::CONTENT_TYPE, file.content_type)];
        (content_type, file.bytes).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag.clone());
    for (name, value) in guards() {
        headers.insert(name, value);
    }
    response
}

/// Whether `If-None-Match` has this tag, be it as a weak one.
fn names(tags: &str, tag: &HeaderValue) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|given| given == "*" || given.trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

/// What every file is guarded with.
fn guards() -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    fn paths(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("UTF-8");
            let path = format!("{prefix}{name}");
            if entry.path().is_dir() {
                paths(&entry.path(), &format!("{path}/"), found);
            } else {
                found.insert(path);
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_program() {
        let mut there = BTreeSet::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("console");
        paths(&folder, "", &mut there);
        let served: BTreeSet<String> = BY_PATH.keys().map(ToString::to_string).collect();
        assert_eq!(served, there);
    }

    #[test]
    fn a_tag_is_found_among_others() {
        let tag = HeaderValue::from_static("\"a\"");
        for tags in ["\"a\"", "\"b\", \"a\"", "W/\"a\"", "*"] {
            assert!(names(tags, &tag), "{tags}");
        }
        for tags in ["", "a", "\"b\""] {
            assert!(!names(tags, &tag), "{tags}");
        }
    }
}
