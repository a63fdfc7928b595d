//! Masking as a whole: tables, and properties over any text, any JSON and any encoding.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{MaskKind, Masker, Secret};
use crate::types::limits::{MASKED_BYTES, PREVIEW_CHARS, RECORDED_BYTES};
use crate::types::{Payload, RecordLevel, text_hash};

const CANARY: &str = "canary-Xk29-\"quoted\"/7f";

fn masker() -> Masker {
    Masker::new([Secret { name: "DEMO_KEY".to_owned(), value: CANARY.to_owned() }])
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32, place: u32| char::from(DIGITS[(bits >> (18 - 6 * place) & 63) as usize]);
    bytes
        .chunks(3)
        .map(|chunk| {
            let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
            (0..4).map(|place| if place as usize <= chunk.len() { digit(bits, place) } else { '=' }).collect::<String>()
        })
        .collect()
}

fn joined(text: &str, write: impl Fn(&mut String, u8)) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        write(&mut encoded, byte);
        encoded
    })
}

/// Ways to write a text; each leads back to it.
const ENCODINGS: [fn(&str) -> String; 9] = [
    |text| base64(text.as_bytes()),
    |text| base64(text.as_bytes()).replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned(),
    |text| joined(text, |encoded, byte| write!(encoded, "{byte:02x}").unwrap()),
    |text| joined(text, |encoded, byte| write!(encoded, "{byte:02X}").unwrap()),
    |text| joined(text, |encoded, byte| write!(encoded, "%{byte:02X}").unwrap()),
    |text| joined(text, |encoded, byte| write!(encoded, "\\x{byte:02x}").unwrap()),
    |text| joined(text, |encoded, byte| write!(encoded, "\\u{byte:04x}").unwrap()),
    |text| joined(text, |encoded, byte| write!(encoded, "&#{byte};").unwrap()),
    |text| Value::from(text).to_string(),
];

#[test]
fn each_kind_has_its_placeholder() {
    for (text, masked) in [
        ("mail joe@example.com now", "mail [masked email] now"),
        ("card 4111 1111 1111 1111", "card [masked card]"),
        ("ssn 123-45-6789", "ssn [masked ssn]"),
        ("pay DE89 3704 0044 0532 0130 00", "pay [masked iban]"),
        ("call +49 30 1234567", "call [masked phone]"),
        ("password=hunter2 joe@example.com", "password=[masked secret] [masked email]"),
        ("<canary-Xk29-\"quoted\"/7f>", "<[masked secret]>"),
        ("am9lQGV4YW1wbGUuY29t", "[masked email]"),
        ("joe%40example.com", "[masked email]"),
        ("git status in /home/me/projects/mcp-studio2 took 12 ms", "git status in /home/me/projects/mcp-studio2 took 12 ms"),
    ] {
        assert_eq!(masker().text(text), masked, "{text}");
    }
}

#[test]
fn json_keeps_its_structure_and_types() {
    let value = json!({"joe@example.com": 1, "ann@example.com": [true, null, 1.5, 4_111_111_111_111_111_u64],
        "password": "x", "pin": 1234, "cookie": ["a", {"b": "c"}], "env": [{"name": "API_KEY", "value": "x"}], "n": "4"});
    let masked = json!({"[masked email]": 1, "[masked email] 1": [true, null, 1.5, 0],
        "password": "[masked secret]", "pin": 0, "cookie": ["[masked secret]", {"b": "c"}],
        "env": [{"name": "API_KEY", "value": "[masked secret]"}], "n": "4"});
    assert_eq!(masker().value(&value), masked);
    assert_eq!(masker().value(&masked), masked);
}

#[test]
fn text_that_was_split_is_masked_in_all_its_parts() {
    let block = |text: &str| json!({"type": "text", "text": text});
    let (left, right) = CANARY.split_at(9);
    let value = json!({"content": [block(&format!("a {left}")), block(&format!("{right} b")), {"type": "image"}]});
    let masked = json!({"content": [block("a [masked secret]"), block("[masked secret] b"), {"type": "image"}]});
    assert_eq!(masker().value(&value), masked);
    assert_eq!(masker().value(&json!(["4111", "1111", "1111", "1111"])), json!(vec!["[masked card]"; 4]));
    assert_eq!(masker().value(&json!(["joe@example.com", "Joe"])), json!(["[masked email]", "Joe"]));
}

#[test]
fn a_payload_has_shape_hash_and_masked_preview() {
    let value = json!({"path": "a\u{1b}b", "to": "joe@example.com", "lines": [1, 2], "odd": [1, "x"], "none": {}});
    let payload = masker().payload(&value, RecordLevel::Default);
    let expected = Payload {
        shape: "{path: string, to: string, lines: [integer x 2], odd: [mixed x 2], none: {}}".to_owned(),
        sha256: payload.sha256.clone(),
        preview: "{\"path\":\"a\\u001bb\",\"to\":\"[masked email]\",\"lines\":[1,2],\"odd\":[1,\"x\"],\"none\":{}}".to_owned(),
        masked: [(MaskKind::Email, 1)].into(),
        level: RecordLevel::Default,
        text: None,
    };
    assert_eq!(payload, expected);
    let other = masker().payload(
        &json!({"path": "a\u{1b}b", "to": "ann@example.com", "lines": [1, 2], "odd": [1, "x"], "none": {}}),
        RecordLevel::Full,
    );
    assert_eq!((other.sha256, other.text), (payload.sha256.clone(), Some(payload.preview)));
    let raw = masker().payload(&value, RecordLevel::Raw);
    assert_eq!(raw.text, Some(value.to_string()));
    assert_eq!(payload.sha256, Some(text_hash(&expected.preview)));
}

#[test]
fn a_cut_never_shows_half_a_secret() {
    for before in PREVIEW_CHARS - 60..PREVIEW_CHARS + 5 {
        let value = Value::from(format!("{}{CANARY} joe@example.com", " ".repeat(before)));
        let preview = masker().payload(&value, RecordLevel::Default).preview;
        assert!(!preview.contains("cana") && !preview.contains("joe"), "{preview}");
    }
    let huge = usize::try_from(MASKED_BYTES).unwrap();
    for before in (0..RECORDED_BYTES + 100).step_by(4_999) {
        let value = json!({"a": format!("{}{}", " ".repeat(before), format!("{CANARY} ").repeat(huge / CANARY.len()))});
        let payload = masker().payload(&value, RecordLevel::Full);
        let text = payload.text.unwrap();
        assert!(payload.sha256.is_none() && !text.contains("cana") && text.len() < RECORDED_BYTES + 200, "{before}");
    }
}

/// Fails unless no part of the canary is left in any of the ways it may be written.
fn without_canary(text: &str) {
    let part = "canary-Xk29";
    for encode in ENCODINGS {
        let encoded = encode(part);
        let core = &encoded[encoded.len() / 4..encoded.len() / 4 * 3];
        assert!(!text.contains(core), "{core} is in {text}");
    }
    assert!(!text.contains(part), "{text}");
}

#[test]
fn the_canary_is_found_in_each_pair_of_encodings() {
    for outer in ENCODINGS {
        for inner in ENCODINGS {
            for around in ["", "token ", "x=1&key=", "é"] {
                let text = format!("see {}.", outer(&format!("{around}{} and more", inner(CANARY))));
                without_canary(&masker().text(&text));
            }
        }
    }
}

#[test]
fn a_flood_is_masked_in_time_and_space_that_follow_its_length() {
    for part in [
        "a",
        "QUJD",
        "%41",
        "\\u0041",
        "1 ",
        "4111 ",
        "@",
        "a@b.co",
        "DE89",
        "Bearer ",
        "&#64;",
        "0x41",
        "QUJDREVGR0hJSktMTU5P\n",
    ] {
        let text = part.repeat(100_000 / part.len());
        assert!(masker().text(&text).len() <= text.len() + 100_000);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".*", "[a-z@.0-9 +-]{0,40}", Just(CANARY.to_owned()), "(sk-|password=|Bearer |[0-9]{3,4}[ -]){1,6}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let key = prop_oneof![".*", Just("password".to_owned()), Just("text".to_owned()), Just(CANARY.to_owned())];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn same_types(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_types(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len() && left.values().zip(right.values()).all(|(left, right)| same_types(left, right))
        }
        _ => std::mem::discriminant(left) == std::mem::discriminant(right),
    }
}

proptest! {
    #[test]
    fn masking_any_text_twice_is_masking_it_once(text in r#".*|[a-zA-Z0-9@.%\\ =+:/"-]{0,120}|([0-9]{1,5}[ -]){0,9}"#) {
        let masker = masker();
        let once = masker.text(&text).into_owned();
        prop_assert_eq!(masker.text(&once), once.as_str());
        prop_assert_eq!(masker.find(&once), vec![]);
    }

    #[test]
    fn any_json_keeps_its_types_and_loses_the_canary(value in any_json()) {
        let masker = masker();
        let masked = masker.value(&value);
        prop_assert!(same_types(&value, &masked));
        without_canary(&masked.to_string());
        let again = masker.value(&masked);
        prop_assert_eq!(again.to_string(), masked.to_string());
    }

    #[test]
    fn the_canary_is_found_wherever_it_stands(before in ".{0,40}|[a-zA-Z0-9/+=]{0,40}", after in ".{0,40}", cut in 0_usize..23, encoding in 0..ENCODINGS.len()) {
        let masker = masker();
        let encoded = ENCODINGS[encoding](CANARY);
        without_canary(&masker.text(&format!("{before}{encoded}{after}")));
        let whole = format!("{before}{CANARY}{after}");
        let (left, right) = whole.split_at(whole.floor_char_boundary(before.len() + cut));
        without_canary(&masker.value(&json!([left, right])).to_string());
        let block = json!({"content": [{"type": "text", "text": left}, {"type": "text", "text": right}]});
        without_canary(&masker.payload(&block, RecordLevel::Full).text.unwrap());
    }
}
