//! A trace for each connection of a task: a span for the attempt to connect,
//! with the handshake in it, one for the session that comes of it, and within
//! that one for the script, which is what a server is told before it sends
//! anything: the subscription message; and one a second for a batch: the
//! records of one read of the socket, from their receipt to their
//! acknowledgement.
//!
//! Invariants: a task is not asked anything; its state is watched, as REST
//! shows it, and what comes and goes faster than it is looked at is a part of
//! what comes next; batches are samples, since each of them would be thousands
//! of spans a second; spans that wait for the collector are bounded in number.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status, span, status::StatusCode,
};
use prost::Message as _;
use tokio::sync::{mpsc, watch};
use websocket_source::sink::{Delivery, Trip};
use websocket_source::task::{Phase, SessionStatus};

use super::post::Post;
use crate::exposition::otlp::{attribute, nanos};

/// Spans that may wait; `OTEL_BSP_MAX_QUEUE_SIZE`'s default. More are left out.
const MAX_WAITING: usize = 2048;
/// How often a batch is looked for.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(1);

/// Where spans go, if they go anywhere.
static SPANS: OnceLock<mpsc::Sender<Span>> = OnceLock::new();

/// Begins to send; there is one worker in a process.
pub(super) fn start(post: Post, resource: Resource) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    if SPANS.set(sender).is_ok() {
        tokio::spawn(send(post, resource, receiver));
    }
}

async fn send(mut post: Post, resource: Resource, mut receiver: mpsc::Receiver<Span>) {
    loop {
        tokio::time::sleep(post.settings.interval).await;
        let mut spans = Vec::new();
        if receiver.recv_many(&mut spans, MAX_WAITING).await == 0 {
            return;
        }
        let request = request(resource.clone(), spans);
        let sent = tokio::task::spawn_blocking(move || {
            post.send(&request.encode_to_vec());
            post
        });
        // It ends early only with the process.
        let Ok(kept) = sent.await else {
            return;
        };
        post = kept;
    }
}

fn request(resource: Resource, spans: Vec<Span>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "connect-websocket".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// Makes spans of what a task's session does, until the task is gone.
pub(crate) fn follow(
    connector: String,
    mut watched: watch::Receiver<SessionStatus>,
    delivery: Arc<Delivery>,
) {
    let Some(spans) = SPANS.get() else { return };
    tokio::spawn(async move {
        let mut tracer = Tracer::new(connector);
        let mut samples = tokio::time::interval(SAMPLE_INTERVAL);
        samples.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            let status = watched.borrow_and_update().clone();
            for span in tracer.see(&status, SystemTime::now()) {
                // Where there is no room it is left out.
                let _ = spans.try_send(span);
            }
            let is_gone = loop {
                tokio::select! {
                    changed = watched.changed() => break changed.is_err(),
                    _ = samples.tick() => {
                        let trip = delivery.last_trip();
                        if let Some(span) = trip.and_then(|trip| tracer.batch(trip)) {
                            let _ = spans.try_send(span);
                        }
                    }
                }
            };
            if is_gone {
                return;
            }
        }
    });
}

/// The spans of one task.
struct Tracer {
    connector: String,
    /// What goes on.
    open: Option<Span>,
    /// When the last attempt that was seen began.
    attempt: Option<u64>,
    /// When the last script that was shown ended.
    subscribed: Option<u64>,
    /// The end of the last batch that was shown.
    shown: u64,
}

/// What a phase is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Connect,
    Session,
    Neither,
}

impl Part {
    const fn of(phase: Phase) -> Self {
        match phase {
            Phase::Connecting | Phase::Handshake => Self::Connect,
            Phase::Live => Self::Session,
            Phase::BackingOff
            | Phase::Refused
            | Phase::Paused
            | Phase::Draining
            | Phase::Closed
            | Phase::Failed => Self::Neither,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Session | Self::Neither => "session",
        }
    }
}

impl Tracer {
    fn new(connector: String) -> Self {
        Self {
            connector,
            open: None,
            attempt: None,
            subscribed: None,
            shown: 0,
        }
    }

    /// Sees a state, and gives the spans that have ended with it. An attempt
    /// that nobody saw under way is there all the same.
    fn see(&mut self, status: &SessionStatus, now: SystemTime) -> Vec<Span> {
        let mut ended = self.follow(status, now);
        ended.extend(self.script(status));
        ended
    }

    /// Sees the phase of a state.
    fn follow(&mut self, status: &SessionStatus, now: SystemTime) -> Vec<Span> {
        let at = nanos(status.since.unwrap_or(now));
        let part = Part::of(status.phase);
        let attempt = status.attempted_at.map(nanos);
        let attempt = attempt.filter(|attempt| self.attempt != Some(*attempt));
        self.attempt = attempt.or(self.attempt);
        let goes_on = |span: &Span| part != Part::Neither && span.name == part.name();
        let open = self.open.as_mut().filter(|_| attempt.is_none());
        if let Some(span) = open.filter(|span| goes_on(span)) {
            note_handshake(span, status, at);
            return Vec::new();
        }
        let before = self.open.take();
        let before = before.map(|span| end(span, status, attempt.unwrap_or(at)));
        let mut connect = None;
        if let Some(attempt) = attempt {
            let mut span = self.begin(Part::Connect, None, status, attempt);
            if part == Part::Connect {
                note_handshake(&mut span, status, at);
                self.open = Some(span);
            } else {
                connect = Some(end(span, status, at));
            }
        }
        if part == Part::Session {
            let parent = connect.as_ref().or(before.as_ref());
            self.open = Some(self.begin(part, parent, status, at));
        }
        before.into_iter().chain(connect).collect()
    }

    /// A session belongs to the trace of the attempt that it comes of.
    fn begin(&self, part: Part, before: Option<&Span>, status: &SessionStatus, at: u64) -> Span {
        let parent = before.filter(|_| part == Part::Session);
        // Redacted, as everywhere.
        let url = attribute("url.full", &status.url);
        self.span(part.name(), span::SpanKind::Client, parent, at, url)
    }

    /// The span of a script that was not shown before, from the begin of the
    /// session that is open until all of it had gone out.
    fn script(&mut self, status: &SessionStatus) -> Option<Span> {
        let at = status.subscribed_at.map(nanos)?;
        let session = self.session().filter(|_| self.subscribed != Some(at))?;
        let begun = session.start_time_unix_nano;
        let url = attribute("url.full", &status.url);
        let kind = span::SpanKind::Client;
        let mut span = self.span("script", kind, Some(session), begun, url);
        span.end_time_unix_nano = at.max(begun);
        self.subscribed = Some(at);
        Some(span)
    }

    fn session(&self) -> Option<&Span> {
        let name = Part::Session.name();
        self.open.as_ref().filter(|span| span.name == name)
    }

    /// The span of a batch that was not shown before, within the session that
    /// is open.
    fn batch(&mut self, trip: Trip) -> Option<Span> {
        if trip.end == self.shown {
            return None;
        }
        self.shown = trip.end;
        let (now, then) = (Instant::now(), SystemTime::now());
        let at = |moment: Instant| nanos(then - now.saturating_duration_since(moment));
        let records = trip.records.to_string();
        let records = attribute("messaging.batch.message_count", &records);
        let begun = at(trip.received);
        let kind = span::SpanKind::Producer;
        let mut span = self.span("batch", kind, self.session(), begun, records);
        span.end_time_unix_nano = at(trip.acknowledged).max(begun);
        Some(span)
    }

    fn span(
        &self,
        name: &str,
        kind: span::SpanKind,
        parent: Option<&Span>,
        at: u64,
        own: KeyValue,
    ) -> Span {
        let new_trace = || uuid::Uuid::new_v4().as_bytes().to_vec();
        Span {
            trace_id: parent.map_or_else(new_trace, |span| span.trace_id.clone()),
            span_id: uuid::Uuid::new_v4().as_bytes()[..8].to_vec(),
            parent_span_id: parent.map_or_else(Vec::new, |span| span.span_id.clone()),
            name: name.to_owned(),
            kind: kind.into(),
            start_time_unix_nano: at,
            attributes: vec![
                attribute("connector", &self.connector),
                attribute("task", "0"),
                own,
            ],
            ..Span::default()
        }
    }
}

/// Adds to an attempt when its handshake began.
fn note_handshake(connect: &mut Span, status: &SessionStatus, at: u64) {
    if status.phase == Phase::Handshake && connect.events.is_empty() {
        connect.events.push(span::Event {
            time_unix_nano: at,
            name: "handshake".to_owned(),
            ..span::Event::default()
        });
    }
}

/// Ends a span with the state that has come.
fn end(mut span: Span, status: &SessionStatus, at: u64) -> Span {
    span.end_time_unix_nano = at.max(span.start_time_unix_nano);
    if let Some(code) = status.refused_status {
        let code = attribute("http.response.status_code", &code.to_string());
        span.attributes.push(code);
    }
    let is_bad = matches!(
        status.phase,
        Phase::BackingOff | Phase::Refused | Phase::Failed
    ) || !status.reason.is_empty();
    if is_bad {
        span.status = Some(Status {
            message: status.reason.clone(),
            code: StatusCode::Error.into(),
        });
    }
    span
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn at(ms: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(ms)
    }

    fn status(phase: Phase, attempt_ms: u64, ms: u64, reason: &str) -> SessionStatus {
        SessionStatus {
            phase,
            reason: reason.to_owned(),
            since: Some(at(ms)),
            attempted_at: Some(at(attempt_ms)),
            url: "ws://h/".to_owned(),
            ..SessionStatus::default()
        }
    }

    fn see(tracer: &mut Tracer, phase: Phase, attempt_ms: u64, ms: u64, reason: &str) -> Vec<Span> {
        tracer.see(&status(phase, attempt_ms, ms, reason), at(ms))
    }

    fn one(spans: Vec<Span>) -> Span {
        let [span] = <[Span; 1]>::try_from(spans).expect("one span");
        span
    }

    fn times(span: &Span) -> (u64, u64) {
        (span.start_time_unix_nano, span.end_time_unix_nano)
    }

    #[test]
    fn an_attempt_and_its_session_are_one_trace_and_a_failed_attempt_is_another() {
        let tracer = &mut Tracer::new("trades".to_owned());
        assert_eq!(see(tracer, Phase::Connecting, 1, 1, ""), []);
        assert_eq!(see(tracer, Phase::Handshake, 1, 3, ""), []);
        let connect = one(see(tracer, Phase::Live, 1, 7, ""));
        assert_eq!((connect.name.as_str(), &connect.status), ("connect", &None));
        assert_eq!(times(&connect), (1_000_000, 7_000_000));
        assert_eq!(connect.events[0].time_unix_nano, 3_000_000);
        assert!(connect.parent_span_id.is_empty());
        assert_eq!((connect.trace_id.len(), connect.span_id.len()), (16, 8));
        // Another change of a live session.
        assert_eq!(see(tracer, Phase::Live, 1, 7, ""), []);
        let session = one(see(tracer, Phase::BackingOff, 1, 9, "reset"));
        assert_eq!(session.trace_id, connect.trace_id);
        assert_eq!(session.parent_span_id, connect.span_id);
        assert_eq!(session.status.expect("an error").message, "reset");
        assert_eq!(see(tracer, Phase::Connecting, 11, 11, "reset"), []);
        let failed = one(see(tracer, Phase::Refused, 11, 12, "403"));
        assert_ne!(failed.trace_id, connect.trace_id);
        assert_eq!(failed.status.expect("an error").message, "403");
        assert_eq!(see(tracer, Phase::Closed, 11, 13, ""), []);
    }

    #[test]
    fn an_attempt_that_nobody_saw_under_way_is_there_all_the_same() {
        let tracer = &mut Tracer::new("trades".to_owned());
        let first = one(see(tracer, Phase::Live, 1, 2, ""));
        assert_eq!(first.name, "connect");
        assert_eq!(times(&first), (1_000_000, 2_000_000));
        // The end of the session, and the next attempt, were not seen.
        let both = see(tracer, Phase::Live, 5, 6, "");
        let [session, second] = &both[..] else {
            panic!("{both:?}");
        };
        assert_eq!(
            (&session.name[..], &second.name[..]),
            ("session", "connect")
        );
        assert_eq!(session.parent_span_id, first.span_id);
        assert_eq!(times(session), (2_000_000, 5_000_000));
        assert_eq!(times(second), (5_000_000, 6_000_000));
        let both = see(tracer, Phase::Refused, 8, 9, "403");
        assert_eq!(both[0].parent_span_id, second.span_id);
        assert_eq!(both[1].status.as_ref().expect("an error").message, "403");
    }

    #[test]
    fn a_script_is_shown_once_in_each_session_that_has_sent_it() {
        let tracer = &mut Tracer::new("trades".to_owned());
        let mut live = status(Phase::Live, 1, 2, "");
        assert_eq!(one(tracer.see(&live, at(2))).name, "connect");
        live.subscribed_at = Some(at(5));
        let script = one(tracer.see(&live, at(5)));
        assert_eq!((script.name.as_str(), &script.status), ("script", &None));
        assert_eq!(times(&script), (2_000_000, 5_000_000));
        assert_eq!(tracer.see(&live, at(6)), []);
        let session = one(see(tracer, Phase::Refused, 1, 9, ""));
        assert_eq!(script.trace_id, session.trace_id);
        assert_eq!(script.parent_span_id, session.span_id);
        // The next one is seen when all is over.
        live = status(Phase::Live, 11, 12, "");
        live.subscribed_at = Some(at(13));
        let names: Vec<String> = tracer
            .see(&live, at(14))
            .into_iter()
            .map(|span| span.name)
            .collect();
        assert_eq!(names, ["connect", "script"]);
        // One that has not sent it has none.
        assert_eq!(
            one(see(tracer, Phase::Connecting, 21, 21, "")).name,
            "session"
        );
        assert_eq!(one(see(tracer, Phase::Live, 21, 22, "")).name, "connect");
    }

    #[test]
    fn a_batch_is_shown_once_within_its_session() {
        let tracer = &mut Tracer::new("trades".to_owned());
        let connect = one(see(tracer, Phase::Live, 1, 2, ""));
        let received = Instant::now();
        let trip = Trip {
            received,
            acknowledged: received + Duration::from_millis(2),
            records: 3,
            end: 3,
        };
        let batch = tracer.batch(trip).expect("a span");
        assert_eq!(tracer.batch(trip), None);
        assert_eq!(batch.trace_id, connect.trace_id);
        assert_ne!(batch.parent_span_id, connect.span_id);
        let session = one(see(tracer, Phase::BackingOff, 1, 9, ""));
        assert_eq!(batch.parent_span_id, session.span_id);
        assert!(batch.end_time_unix_nano >= batch.start_time_unix_nano);
    }
}
