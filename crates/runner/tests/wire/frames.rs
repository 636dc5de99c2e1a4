//! Every frame recorded between a real Locust master and its workers: read, and written again.

use gregaria_runner::wire::{
    Ack, CorruptFrame, DecodeError, Envelope, Extra, Locustfile, Message, Number, PeerVersion,
    Tagged, ToMaster, ToWorker, Value, decode, encode,
};

const RECORDED: &str = include_str!("frames.txt");

const ID: &str = "lo_01f625db707546a49c21a7483b05ebef";

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap())
        .collect()
}

/// Frames of one direction: their type and their bytes.
fn recorded(direction: &str) -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    RECORDED.lines().filter_map(move |line| {
        let mut words = line.split(' ');
        (words.next()? == direction)
            .then(|| (words.next().unwrap(), bytes_of(words.next().unwrap())))
    })
}

fn first<M: Message>(direction: &str, kind: &str) -> M {
    let (_, frame) = recorded(direction)
        .find(|(found, _)| *found == kind)
        .unwrap();
    decode::<M>(&frame).unwrap().message
}

fn every_frame_survives<M: Message>(direction: &str) -> usize {
    let frames = recorded(direction).map(|(kind, frame)| {
        let Envelope { message, node_id } = decode::<M>(&frame).unwrap();
        assert_eq!(message.kind(), kind);
        assert_eq!(encode(&message, &node_id), frame, "{kind}");
    });
    frames.count()
}

#[test]
fn every_recorded_frame_of_a_worker_is_read_and_written_byte_for_byte() {
    assert!(every_frame_survives::<ToMaster>("w->m") >= 170);
}

#[test]
fn every_recorded_frame_of_a_master_is_read_and_written_byte_for_byte() {
    assert!(every_frame_survives::<ToWorker>("m->w") >= 60);
}

#[test]
fn the_frames_of_the_specification_have_its_bytes() {
    let ready = encode(
        &ToMaster::ClientReady(PeerVersion::Named("2.47.0".into())),
        ID,
    );
    let mut expected = bytes_of("93ac636c69656e745f7265616479a6322e34372e30d923");
    expected.extend(ID.bytes());
    assert_eq!(ready, expected);

    let ack = Ack {
        index: Some(0),
        extra: Extra::default(),
    };
    let mut expected = bytes_of("93a361636b81a5696e64657800d923");
    expected.extend(ID.bytes());
    assert_eq!(encode(&ToWorker::Ack(ack), ID), expected);

    assert_eq!(encode(&ToWorker::Heartbeat, ID).len(), 49);
    assert_eq!(encode(&ToMaster::Spawning, ID).len(), 48);
    assert_eq!(
        encode(&ToWorker::SpawningComplete { user_count: 7 }, ID).len(),
        69
    );
}

#[test]
fn a_report_is_read_field_by_field() {
    let (_, frame) = recorded("w->m")
        .find(|(kind, frame)| *kind == "stats" && frame.len() > 1000)
        .unwrap();
    let ToMaster::Stats(report) = decode(&frame).unwrap().message else {
        panic!("a report was expected");
    };
    let total = &report.stats_total;
    assert_eq!(total.name, "Aggregated");
    assert_eq!(
        total.num_requests,
        report
            .stats
            .iter()
            .map(|entry| entry.num_requests)
            .sum::<u64>()
    );
    let counted: u64 = total.response_times.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, total.num_requests);
    assert!(matches!(total.response_times[0].0, Number::Int(_)));
    assert!(total.num_reqs_per_sec[0].0 > 1_700_000_000);
    assert!(report.errors.iter().all(|(key, _)| key.len() == 64));
    assert_eq!(
        report.user_count,
        report
            .user_classes_count
            .iter()
            .map(|(_, count)| count)
            .sum::<u64>()
    );
}

#[test]
fn a_spawn_carries_the_options_of_the_locustfile() {
    let ToWorker::Spawn(spawn) = first("m->w", "spawn") else {
        panic!("a spawn was expected");
    };
    assert_eq!(spawn.parsed_options.pairs().len(), 62);
    assert_eq!(
        spawn.parsed_options.get("my_arg").unwrap().as_str(),
        Some("changed")
    );
    assert!(spawn.timestamp > 1.7e9);
}

#[test]
fn a_locustfile_is_a_list_of_files() {
    let ToWorker::Locustfile(reply) = first("m->w", "locustfile") else {
        panic!("a locustfile was expected");
    };
    let files = reply.outcome.unwrap();
    assert!(matches!(&files[..], [Locustfile::File { filename, .. }] if filename == "lf.py"));
}

#[test]
fn a_custom_message_keeps_dates_bytes_and_order() {
    let ToMaster::Custom { kind, data } = first("w->m", "done") else {
        panic!("a custom message was expected");
    };
    assert_eq!(kind, "done");
    let fields = data.as_map().unwrap();
    let names: Vec<_> = fields
        .iter()
        .map(|(name, _)| name.as_str().unwrap())
        .collect();
    assert_eq!(names, ["n", "when", "t", "b"]);
    let Some(Tagged::DateTime(date)) = Tagged::from_value(&fields[1].1) else {
        panic!("a date was expected");
    };
    assert_eq!((date.year, date.microsecond), (2026, 600));
    assert_eq!(fields[3].1, Value::Binary(b"xy".to_vec()));
}

#[test]
fn versions_of_other_clients_are_told_apart() {
    let version = |data: Value| {
        let ready = ToMaster::Custom {
            kind: "client_ready".into(),
            data,
        };
        match decode::<ToMaster>(&encode(&ready, ID)).map(|envelope| envelope.message) {
            Ok(ToMaster::ClientReady(version)) => Some(version),
            _ => None,
        }
    };
    assert_eq!(version((-1).into()), Some(PeerVersion::Unchecked));
    assert_eq!(version(Value::Nil), Some(PeerVersion::Absent));
    assert_eq!(version("".into()), Some(PeerVersion::Absent));
    assert_eq!(version(Value::Array(vec![])), None);
}

#[test]
fn unknown_fields_stay_where_they_were() {
    let extra = Value::Map(vec![
        ("state".into(), "ready".into()),
        ("gregaria".into(), 3.into()),
    ]);
    let heartbeat = ToMaster::Custom {
        kind: "heartbeat".into(),
        data: extra,
    };
    let ToMaster::Heartbeat(mut heartbeat) = decode(&encode(&heartbeat, ID)).unwrap().message
    else {
        panic!("a heartbeat was expected");
    };
    assert_eq!(heartbeat.current_cpu_usage, None);
    assert_eq!(heartbeat.extra.get("gregaria"), Some(&3.into()));
    heartbeat.extra.set("gregaria", 4);
    let again = decode(&encode(&ToMaster::Heartbeat(heartbeat.clone()), ID)).unwrap();
    let ToMaster::Heartbeat(again) = again.message else {
        panic!("a heartbeat was expected");
    };
    assert_eq!(again.extra, heartbeat.extra);
}

#[test]
fn numbers_that_are_none_survive() {
    for number in [f64::NAN, f64::INFINITY, -0.0] {
        let sent = ToMaster::Custom {
            kind: "x".into(),
            data: number.into(),
        };
        let ToMaster::Custom { data, .. } = decode(&encode(&sent, ID)).unwrap().message else {
            panic!("a custom message was expected");
        };
        assert_eq!(data.as_f64().unwrap().to_bits(), number.to_bits());
    }
}

#[test]
fn a_wrong_field_is_named_and_is_no_corrupt_frame() {
    let wrong = ToMaster::Custom {
        kind: "stats".into(),
        data: Value::Map(vec![("stats".into(), 1.into())]),
    };
    let error = decode::<ToMaster>(&encode(&wrong, ID)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("message `stats` of `{ID}`: `stats` is not a list")
    );
}

#[test]
fn every_frame_cut_short_or_continued_is_corrupt() {
    for (_, frame) in recorded("w->m").chain(recorded("m->w")).take(80) {
        for end in 0..frame.len() {
            assert_eq!(
                decode::<ToMaster>(&frame[..end]),
                Err(DecodeError::Corrupt(CorruptFrame::Truncated))
            );
        }
        let mut longer = frame;
        longer.extend([0, 1]);
        assert_eq!(
            decode::<ToMaster>(&longer),
            Err(DecodeError::Corrupt(CorruptFrame::Trailing(2)))
        );
    }
}

#[test]
fn values_that_are_no_message_are_corrupt() {
    for frame in [
        &b"\xc0"[..],
        b"\x93\xa1x\xc0",
        b"\x92\xa1x\xc0",
        b"\x93\x01\xc0\xa1x",
        b"\x93\xa1x\xc0\x01",
        b"\x93\xa1\xff\xc0\xa1x",
        b"\x93\xa1x\xd4\x00\x00\xa1x",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let error = decode::<ToMaster>(frame).unwrap_err();
        assert!(
            matches!(error, DecodeError::Corrupt(_)),
            "{frame:?}: {error}"
        );
    }
}

/// What a changed byte makes of a frame is a message that is written as it is read, or refused.
fn survives_or_is_refused<M: Message + PartialEq + std::fmt::Debug>(frame: &[u8]) -> bool {
    let Ok(envelope) = decode::<M>(frame) else {
        return false;
    };
    let written = encode(&envelope.message, &envelope.node_id);
    let again = decode::<M>(&written).unwrap();
    // Compared as bytes: a number that is none differs from itself.
    assert_eq!(encode(&again.message, &again.node_id), written);
    true
}

#[test]
fn a_frame_with_any_byte_changed_is_read_or_refused() {
    let mut kinds = std::collections::BTreeSet::new();
    let frames = recorded("w->m").chain(recorded("m->w"));
    let (mut read, mut refused) = (0, 0);
    for (_, frame) in frames.filter(|(kind, _)| kinds.insert(*kind)) {
        for place in 0..frame.len().min(1500) {
            for change in [0x01, 0x10, 0x80, 0xff] {
                let mut changed = frame.clone();
                changed[place] ^= change;
                for survives in [
                    survives_or_is_refused::<ToMaster>(&changed),
                    survives_or_is_refused::<ToWorker>(&changed),
                ] {
                    if survives { read += 1 } else { refused += 1 }
                }
            }
        }
    }
    assert!(
        read > 1000 && refused > 1000,
        "{read} read, {refused} refused"
    );
}
