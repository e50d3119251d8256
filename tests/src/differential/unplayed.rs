//! The differences that no request of the scenario shows: what happens at the
//! start, in Kafka and in the log.

/// A difference that stays.
#[derive(Debug)]
pub struct Unplayed {
    /// The difference, for users.
    pub what: &'static str,
    /// Why it stays.
    pub why: &'static str,
    /// The tests that show it, of ours and, where they can, of the real
    /// worker: another test looks for each.
    pub tests: &'static [&'static str],
}

/// All of them, by topic.
pub const UNPLAYED: &[(&str, &[Unplayed])] = &[
    ("Start, stop and life cycle", LIFE),
    ("Producers", PRODUCERS),
    ("Errors", ERRORS),
    ("Login", LOGIN),
];

const LIFE: &[Unplayed] = &[
    Unplayed {
        what: "Without Kafka the worker starts, and `kafka_cluster_id` is null until Kafka is there; the real worker ends.",
        why: "The WebSocket can be read meanwhile, and nothing has to start the worker again.",
        tests: &["without_kafka_the_worker_starts_and_the_real_one_ends"],
    },
    Unplayed {
        what: "`standalone --help` ends with status 0.",
        why: "Help that was asked for is no error; the real one ends with 1.",
        tests: &["help_is_status_0_here_and_1_there"],
    },
    Unplayed {
        what: "`GET /live` and `GET /ready` are there, and need no login; the real worker has neither.",
        why: "Probes have no login, and a worker that is busy or has a failed connector, as `/health` and a status say, is not to be started again for it.",
        tests: &[
            "probes_tell_the_stage_of_the_worker_s_life",
            "with_a_login_every_resource_but_the_probes_asks_for_it",
        ],
    },
];

const LOGIN: &[Unplayed] = &[Unplayed {
    what: "An answer 401 has `WWW-Authenticate: Basic`; the real worker's has none.",
    why: "Browsers ask for a login by it, so that the console can be used.",
    tests: &[
        "with_a_login_every_resource_but_the_probes_asks_for_it",
        "a_login_https_and_a_proxy_s_path_are_no_hindrance_and_other_pages_change_nothing",
    ],
}];

const PRODUCERS: &[Unplayed] = &[
    Unplayed {
        what: "`client.id` is the worker's `client.id` or `connect-websocket`, and `connect-websocket-admin` for what creates topics; the real worker has `connector-producer-NAME-TASK` and `connector-adminclient-NAME-TASK`. Quotas and access rules by client id have to name ours, or `producer.override.client.id` sets it.",
        why: "Connectors with equal settings share one producer, its connections and its thread.",
        tests: &[
            "clients_and_their_idempotence_are_what_is_told",
            "the_client_id_is_the_worker_s_its_producers_or_the_connector_s",
            "an_admin_client_has_the_worker_s_security_its_admin_settings_and_the_overrides",
        ],
    },
    Unplayed {
        what: "Idempotence is on, with 5 requests in flight; the real worker's producers have it off, with 1. `producer.enable.idempotence=false` turns it off.",
        why: "It is the default of Kafka's own producer; no record is repeated or changes places. The real worker turns it off for brokers before 2.8 that have no permission for it.",
        tests: &[
            "clients_and_their_idempotence_are_what_is_told",
            "the_defaults_are_connect_s_down_to_librdkafka",
            "without_idempotence_one_request_is_in_flight_and_tries_have_no_end",
        ],
    },
    Unplayed {
        what: "`linger.ms` is 1 unless it is set; the real worker's is 0 (5 in 4.1).",
        why: "More records share a request, at a millisecond at most.",
        tests: &[
            "clients_and_their_idempotence_are_what_is_told",
            "the_defaults_are_connect_s_down_to_librdkafka",
        ],
    },
    Unplayed {
        what: "`buffer.memory` is 4,000 KiB unless it is set; the real worker's is 32 MiB.",
        why: "More only adds latency and memory: what does not fit waits in the connector's own buffer, with its policy.",
        tests: &[
            "clients_and_their_idempotence_are_what_is_told",
            "connects_defaults_are_set",
        ],
    },
    Unplayed {
        what: "A record's timestamp is when the producer got it; that of a message that waited over ten seconds, and of those behind it until one waited less than a second, or that goes through transforms, is when it was received. The reference has the time at which it took the message out of its queue.",
        why: "For what waited for Kafka or for a restart the time of receipt is the true one; for less it is not worth what it costs.",
        tests: &[
            "records_that_have_waited_and_those_behind_them_carry_the_time_of_their_receipt",
            "mapped_records_carry_the_time_of_their_receipt",
        ],
    },
];

const ERRORS: &[Unplayed] = &[
    Unplayed {
        what: "A batch that is larger than the topic's `max.message.bytes` is sent again in smaller and smaller parts. The real worker splits it by `batch.size` and tries again without end where that makes it no smaller.",
        why: "There nothing arrives then, and nothing is told but in the log. A record that is too large by itself is left out with `errors.tolerance=all`, or fails the task, by both.",
        tests: &[
            "a_batch_that_is_too_large_arrives_in_parts_here_and_is_tried_for_ever_there",
            "a_record_that_is_too_large_by_itself_is_left_out_or_fails_the_task_and_costs_no_other",
        ],
    },
    Unplayed {
        what: "`errors.retry.timeout` and `errors.retry.delay.max.ms` are checked and have no effect.",
        why: "Only what throws a `RetriableException` is tried again, and none of Kafka's own transforms and converters does: on the real worker they have none either.",
        tests: &["what_kafka_s_transforms_refuse_is_not_tried_again_and_is_told_of"],
    },
    Unplayed {
        what: "`errors.log.include.messages` adds topic and time of a record to the log line; the real worker adds key, value and headers in Java's words as well.",
        why: "Data and secrets stay out of the log; the dead-letter topic has the message itself.",
        tests: &[
            "what_kafka_s_transforms_refuse_is_not_tried_again_and_is_told_of",
            "what_cannot_be_converted_fails_the_task_or_goes_to_the_dead_letter_topic",
        ],
    },
    Unplayed {
        what: "`__connect.errors.exception.stacktrace` of a dead letter has the exception's class and message; there is no offset and partition of a source topic.",
        why: "There are no frames of Java, and a WebSocket message comes from no topic.",
        tests: &[
            "a_dead_letter_has_the_headers_of_a_real_sink_s_but_for_java_s_frames_and_the_offset",
            "what_cannot_be_converted_fails_the_task_or_goes_to_the_dead_letter_topic",
        ],
    },
];
